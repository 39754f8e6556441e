/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what begin.json tells those who record of the policy */
#ifndef DISPATCH_SETTINGS_H
#define DISPATCH_SETTINGS_H

#include "policy/policy.h"
#include "run/run.h"

/* For an attempt of r on nodes (a hostlist) that is about to begin. */
void settings_of_policy(const struct policy *p, const struct run *r,
			const char *nodes, struct settings *out);

#endif /* DISPATCH_SETTINGS_H */
