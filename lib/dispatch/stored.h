/* SPDX-License-Identifier: Apache-2.0 */
/* stored.h - the policy that a run was submitted with */
#ifndef DISPATCH_STORED_H
#define DISPATCH_STORED_H

#include "policy/policy.h"
#include "run/run.h"

/* The policy stored under this digest, if its text still has it. */
int stored_policy(const char *root, const char *cluster, const char *id,
		  struct policy *p, struct belay_error *err);
/* The same, or the preset, as run.json says. */
int stored_policy_of(const struct run *r, struct policy *p,
		     struct belay_error *err);

#endif /* DISPATCH_STORED_H */
