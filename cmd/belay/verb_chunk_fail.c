/* SPDX-License-Identifier: Apache-2.0 */
/* verb_chunk_fail.c - a chunk failed: again, or given up */

#include <inttypes.h>
#include <stdio.h>

#include "cmd/belay/chunk.h"

enum { GIVEN_SET, GIVEN_NO_RETRY, GIVEN_REASON, GIVEN_ATTEMPTS, GIVEN_COUNT };
static const struct verb_option options[] = {
	CHUNK_SET,
	{ "no-retry", 0, NULL, "give it up: trying again would not help" },
	{ "reason", 0, "TEXT", "what went wrong, for people" },
	CHUNK_MAX_ATTEMPTS,
	{ 0 }
};

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_turn_ struct chunk_turn turn = { 0 };
	int at = verb_read_options(v, argc, argv, given), again;
	struct belay_error err;
	uint32_t attempts;
	uint64_t chunk;

	if (at < 0)
		return verb_option_status(at);
	if (chunk_operand(v, argc, argv, at, &chunk) ||
	    chunk_attempts(v, given[GIVEN_ATTEMPTS], &attempts))
		return EXIT_USAGE;
	if (chunk_turn_begin(&turn, &err) < 0)
		return verb_fail(v, &err);
	again = chunk_shell_fail(turn.shell, chunk_set_name(given[GIVEN_SET]),
				 chunk, given[GIVEN_REASON],
				 !given[GIVEN_NO_RETRY], attempts, &err);
	if (again < 0)
		return verb_fail(v, &err);
	if (!again)
		fprintf(stderr, "belay chunk fail: chunk %" PRIu64
			" is given up; the others go on\n", chunk);
	return EXIT_DONE;
}

const struct verb verb_chunk_fail = {
	.name = "chunk fail",
	.synopsis = "[--set NAME] [--no-retry] [--reason TEXT] K",
	.line = "record that chunk K failed",
	.more = "It is tried again, by 'belay chunk claim' or in the next "
		"attempt, unless it failed or was\nlost too often; then it is "
		"quarantined, which is said on stderr.",
	.options = options, .run = run,
};
