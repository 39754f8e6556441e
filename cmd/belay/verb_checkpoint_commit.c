/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_commit.c - publish what was written */

#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"

enum { GIVEN_LABEL, GIVEN_COUNT };
static const struct verb_option options[] = {
	{ "label", 0, "TEXT", "shown by 'belay checkpoint list'" },
	{ 0 }
};

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	unsigned attempt;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at + 1 != argc)
		return verb_usage(v, "one directory is needed, the one that "
				  "'belay checkpoint begin' printed");
	r = which_own(&attempt, &err);
	if (!r)
		return verb_fail(v, &err);
	return checkpoint_conclude(v, r, attempt, argv[at], given[GIVEN_LABEL]);
}

const struct verb verb_checkpoint_commit = {
	.name = "checkpoint commit", .synopsis = "[--label TEXT] DIR",
	.line = "publish the directory as a checkpoint and print its id",
	.more = "Every byte is digested and on stable storage before the "
		"checkpoint appears, whole. Older ones beyond checkpoint.keep "
		"of the policy are then deleted.",
	.options = options, .run = run,
};
