/* SPDX-License-Identifier: Apache-2.0 */
/* verb_beat.c - "I am alive, and I get on" */

#include "cmd/belay/chunk.h"

static int run(const struct verb *v, int argc, char **argv)
{
	_auto_turn_ struct chunk_turn turn = { 0 };
	int at = verb_read_options(v, argc, argv, NULL);
	struct belay_error err;

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	if (chunk_turn_begin(&turn, &err) < 0 ||
	    chunk_shell_beat(turn.shell, &err) < 0)
		return verb_fail(v, &err);
	return EXIT_DONE;
}

const struct verb verb_beat = {
	.name = "beat", .synopsis = "",
	.line = "record that the work gets on",
	.more = "For programs without chunks and checkpoints: the first beat "
		"arms\n'attempts.without_progress' of the policy, every beat "
		"satisfies it.",
	.run = run,
};
