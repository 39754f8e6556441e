/* SPDX-License-Identifier: Apache-2.0 */
/* verb_chunk_done.c - a chunk is complete, and stays so */

#include "cmd/belay/chunk.h"

enum { GIVEN_SET, GIVEN_COUNT };
static const struct verb_option options[] = { CHUNK_SET, { 0 } };

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_turn_ struct chunk_turn turn = { 0 };
	int at = verb_read_options(v, argc, argv, given), status;
	struct belay_error err;
	uint64_t chunk;

	if (at < 0)
		return verb_option_status(at);
	status = chunk_operand(v, argc, argv, at, &chunk);
	if (status)
		return status;
	if (chunk_turn_begin(&turn, &err) < 0 ||
	    chunk_shell_done(turn.shell, chunk_set_name(given[GIVEN_SET]),
			     chunk, &err) < 0)
		return verb_fail(v, &err);
	return EXIT_DONE;
}

const struct verb verb_chunk_done = {
	.name = "chunk done", .synopsis = "[--set NAME] K",
	.line = "record that chunk K is complete",
	.more = "When this returns 0 the record is on stable storage and no "
		"newer attempt exists.\nDoing it again does no harm.",
	.options = options, .run = run,
};
