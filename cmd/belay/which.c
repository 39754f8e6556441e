/* SPDX-License-Identifier: Apache-2.0 */
/* which.c - find the run that a verb is about */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/belay/which.h"

struct run *which_run(const char *const *given, const char *spec,
		      struct belay_error *err)
{
	_auto_free_ char *root = run_root(given[GIVEN_ROOT], err);

	return root ? run_open(root, given[GIVEN_CLUSTER], spec, err) : NULL;
}

/* What would be right depends on where this is: a job that could have been
 * protected, one that was to be, or no job at all. */
static int not_inside(struct belay_error *err)
{
	static const char what[] = "not inside an attempt of a run";
	const char *why = getenv("BELAY_UNPROTECTED");

	if (why)
		return err_set(err, BELAY_EINVAL, "%s; this job runs "
			       "unprotected: %s", what, why);
	if (getenv("SLURM_JOB_ID"))
		return err_set(err, BELAY_EINVAL, "%s; submit the job with "
			       "--belay, or put 'eval \"$(belay begin)\"' "
			       "before this", what);
	return err_set(err, BELAY_EINVAL, "%s; submit this with 'sbatch "
		       "--belay', or set BELAY_RUN_DIR and BELAY_ATTEMPT, as "
		       "a program does for its children that has opened a run "
		       "with belay_open()", what);
}

struct run *which_own(unsigned *attempt, struct belay_error *err)
{
	const char *dir = getenv("BELAY_RUN_DIR");
	const char *number = getenv("BELAY_ATTEMPT");
	uint64_t n;

	if (!dir || !*dir || !number || !*number) {
		not_inside(err);
		return NULL;
	}
	if (text_u64(number, UINT_MAX, &n) < 0 || !n) {
		err_set(err, BELAY_EINVAL, "BELAY_ATTEMPT is not an attempt's "
			"number: '%s'", number);
		return NULL;
	}
	*attempt = (unsigned)n;
	return run_open_dir(dir, err);
}

unsigned which_attempt(const struct run *r)
{
	const char *dir = getenv("BELAY_RUN_DIR");
	const char *number = getenv("BELAY_ATTEMPT");
	uint64_t n;

	if (!dir || strcmp(dir, r->dir) || !number ||
	    text_u64(number, UINT_MAX, &n) < 0)
		return 0;
	return (unsigned)n;
}
