/* SPDX-License-Identifier: Apache-2.0 */
/* verb_chunk_pending.c - the numbers that are still to be worked on */

#include <inttypes.h>
#include <stdio.h>

#include "cmd/belay/chunk.h"

enum { GIVEN_SET, GIVEN_CHUNKS, GIVEN_COUNT };
static const struct verb_option options[] = { CHUNK_SET, CHUNK_COUNT, { 0 } };

static void print_pending(const struct chunk_set *set)
{
	for (uint64_t i = 0; i < set->count; i++)
		if (set->status[i] == CHUNK_PENDING ||
		    set->status[i] == CHUNK_RETRYING)
			printf("%" PRIu64 "\n", i);
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL }, *name;
	_auto_turn_ struct chunk_turn turn = { 0 };
	int at = verb_read_options(v, argc, argv, given);
	struct chunk_state *s;
	struct belay_error err;
	uint64_t count;

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	if (chunk_count(v, given[GIVEN_CHUNKS], &count))
		return EXIT_USAGE;
	name = chunk_set_name(given[GIVEN_SET]);
	if (chunk_turn_begin(&turn, &err) < 0)
		return verb_refuse(v, &err);
	s = chunk_shell_state(turn.shell, name, count, &err);
	if (!s)
		return verb_refuse(v, &err);
	print_pending(chunk_set_find(s, name));
	chunk_state_free(s);
	return EXIT_DONE;
}

const struct verb verb_chunk_pending = {
	.name = "chunk pending", .synopsis = "[--set NAME] [--chunks N]",
	.line = "print the numbers of chunks that are left to be begun",
	.more = "One a line: what is neither done, nor running, nor given up; "
		"what failed and may be\ntried again is among them.  For a "
		"single loop over all of them; several loops share\nthem with "
		"'belay chunk claim'.",
	.options = options, .run = run,
};
