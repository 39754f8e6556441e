/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - the name of a run, with %j %A %a %x %u as in sbatch(1) */
#ifndef DISPATCH_PATTERN_H
#define DISPATCH_PATTERN_H

#include "base/error.h"
#include "run/run.h"

/* What a pattern may stand for; NULL: there is none in this job. */
struct pattern_words {
	const char *job_id, *array_job_id, *array_task_id, *job_name, *user;
};

/* BELAY_EINVAL when the pattern, or what becomes of it, is no name. */
int pattern_expand(const char *pattern, const struct pattern_words *words,
		   char out[RUN_NAME_SIZE], struct belay_error *err);

/* Could it become a name? */
int pattern_check(const char *pattern, struct belay_error *err);

#endif /* DISPATCH_PATTERN_H */
