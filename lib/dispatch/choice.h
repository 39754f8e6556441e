/* SPDX-License-Identifier: Apache-2.0 */
/* choice.h - the policy that a word means: a preset's name, or a file */
#ifndef DISPATCH_CHOICE_H
#define DISPATCH_CHOICE_H

#include "base/buf.h"
#include "policy/policy.h"

struct choice {
	struct policy policy;
	struct buf text;	/* of the file; empty for a preset */
};

/* A preset comes before a file of that name.  The caller frees the text. */
int choice_read(const char *word, struct choice *c, struct belay_error *err);

#endif /* DISPATCH_CHOICE_H */
