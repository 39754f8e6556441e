/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_prune.c - delete old checkpoints */

#include <limits.h>
#include <stdio.h>

#include "base/text.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"

enum { GIVEN_KEEP = GIVEN_AFTER_RUN, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "keep", 0, "N", "how many (default: checkpoint.keep of the policy)" },
	{ 0 }
};

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	uint64_t n = 0;
	unsigned keep;
	int deleted, at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	if (given[GIVEN_KEEP] &&
	    (text_u64(given[GIVEN_KEEP], UINT_MAX, &n) < 0 || !n))
		return verb_usage(v, "--keep must be a number from 1 on: '%s'",
				  given[GIVEN_KEEP]);
	keep = (unsigned)n;
	r = which_run(given, given[GIVEN_RUN], &err);
	deleted = r ? checkpoint_retain(r, which_attempt(r), keep, &err) : -1;
	if (deleted < 0)
		return verb_fail(v, &err);
	printf("deleted %d\n", deleted);
	return EXIT_DONE;
}

const struct verb verb_checkpoint_prune = {
	.name = "checkpoint prune", .synopsis = "[--run RUN] [--keep N]",
	.line = "delete all but the newest good checkpoints",
	.options = options, .run = run,
};
