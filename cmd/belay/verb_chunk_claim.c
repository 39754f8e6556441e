/* SPDX-License-Identifier: Apache-2.0 */
/* verb_chunk_claim.c - the next chunk for this node to work on */

#include <inttypes.h>
#include <stdio.h>

#include "cmd/belay/chunk.h"

enum { GIVEN_SET, GIVEN_CHUNKS, GIVEN_ATTEMPTS, GIVEN_COUNT };
static const struct verb_option options[] = {
	CHUNK_SET, CHUNK_COUNT, CHUNK_MAX_ATTEMPTS, { 0 }
};

static uint64_t given_up(struct chunk_turn *turn, const char *set)
{
	struct chunk_state *s = chunk_shell_state(turn->shell, set, 0, NULL);
	uint64_t n = s ? chunk_set_find(s, set)->n[CHUNK_QUARANTINED] : 0;

	chunk_state_free(s);
	return n;
}

static int none(const char *set, uint64_t unfinished, uint64_t quarantined)
{
	fprintf(stderr, "belay chunk claim: ");
	if (unfinished)
		fprintf(stderr, "nothing to begin now in set '%s'; %" PRIu64
			" unfinished with others\n", set, unfinished);
	else if (quarantined)
		fprintf(stderr, "nothing is left in set '%s' but %" PRIu64
			" quarantined; see 'belay chunk list --status "
			"quarantined'\n", set, quarantined);
	else
		fprintf(stderr, "all is done in set '%s'\n", set);
	return !unfinished && quarantined ? EXIT_QUARANTINED : EXIT_FAILED;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL }, *set;
	_auto_turn_ struct chunk_turn turn = { 0 };
	uint64_t count, chunk, unfinished;
	int at = verb_read_options(v, argc, argv, given), rc;
	struct belay_error err;
	uint32_t attempts;

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	if (chunk_count(v, given[GIVEN_CHUNKS], &count) ||
	    chunk_attempts(v, given[GIVEN_ATTEMPTS], &attempts))
		return EXIT_USAGE;
	set = chunk_set_name(given[GIVEN_SET]);
	if (chunk_turn_begin(&turn, &err) < 0)
		return verb_refuse(v, &err);
	rc = chunk_shell_claim(turn.shell, set, count, attempts, &chunk,
			       &unfinished, &err);
	if (rc < 0)
		return verb_refuse(v, &err);
	if (rc == 0)
		return none(set, unfinished, given_up(&turn, set));
	printf("%" PRIu64 "\n", chunk);
	return EXIT_DONE;
}

const struct verb verb_chunk_claim = {
	.name = "chunk claim",
	.synopsis = "[--set NAME] [--chunks N] [--max-attempts N]",
	.line = "begin the next chunk and print its number",
	.more = "Every number is given to one claimer; that it began is on disk "
		"before it is printed.\nWhat failed is given again, after the "
		"others.  Exit status 1: none now, all is done or\nothers still "
		"work on the rest; 65: only quarantined ones are left.\n"
		"In a loop over all nodes of the job:\n\n"
		"  while k=$(belay chunk claim --chunks 100); do\n"
		"    work \"$k\" && belay chunk done \"$k\" || belay chunk fail "
		"\"$k\"\n"
		"  done",
	.options = options, .run = run,
};
