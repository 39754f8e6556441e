/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_begin.c - a directory to write a checkpoint into */

#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"

static int run(const struct verb *v, int argc, char **argv)
{
	_auto_free_ char *staging = NULL;
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	unsigned attempt;
	int at = verb_read_options(v, argc, argv, NULL);

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	r = which_own(&attempt, &err);
	if (r)
		staging = checkpoint_stage(r, attempt, &err);
	if (!staging)
		return verb_fail(v, &err);
	puts(staging);
	return EXIT_DONE;
}

const struct verb verb_checkpoint_begin = {
	.name = "checkpoint begin", .synopsis = "",
	.line = "print a directory to write a checkpoint into",
	.more = "Nobody sees what is written there until 'belay checkpoint "
		"commit DIR'.",
	.run = run,
};
