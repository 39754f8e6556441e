/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hint.h - the one variable that travels with a job, under 256 bytes
 *
 *	1:<submission>:<preset>:<policy digest or ->:<root or ->
 *
 * Made at submit, the same over all requeues.  A hint of a newer version is
 * left alone: the job starts unprotected, with one line.
 */
#ifndef DISPATCH_HINT_H
#define DISPATCH_HINT_H

#include "base/error.h"
#include "run/run.h"

#define HINT_SIZE 256

struct hint {
	char submission[RUN_ID_HEX];
	char preset[32];
	char policy[POLICY_ID_HEX];	/* "": the preset alone */
	char root[HINT_SIZE];		/* "": the default */
};

int hint_format(const struct hint *h, char out[HINT_SIZE],
		struct belay_error *err);
int hint_parse(const char *text, struct hint *h, struct belay_error *err);

#endif /* DISPATCH_HINT_H */
