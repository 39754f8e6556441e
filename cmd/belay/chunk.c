/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.c - what the verbs of 'belay chunk' have in common */

#include <stdlib.h>

#include "base/text.h"
#include "cmd/belay/chunk.h"

#define MAX_ATTEMPTS 3

int chunk_turn_begin(struct chunk_turn *t, struct belay_error *err)
{
	const char *node = getenv("SLURMD_NODENAME");

	t->run = which_own(&t->attempt, err);
	if (!t->run)
		return -1;
	t->shell = chunk_shell_open(t->run, t->attempt,
				    node && *node ? node : NULL, err);
	return t->shell ? 0 : -1;
}

void chunk_turn_end(struct chunk_turn *t)
{
	chunk_shell_close(t->shell);
	run_close(t->run);
}

int chunk_operand(const struct verb *v, int argc, char **argv, int at,
		  uint64_t *chunk)
{
	if (at == argc)
		return verb_usage(v, "which chunk?");
	if (at + 1 < argc)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	if (text_u64(argv[at], UINT64_MAX, chunk) < 0)
		return verb_usage(v, "not a chunk's number: '%s'", argv[at]);
	return 0;
}

int chunk_count(const struct verb *v, const char *text, uint64_t *count)
{
	*count = 0;
	if (text && (text_u64(text, CHUNK_COUNT_MAX, count) < 0 || !*count))
		return verb_usage(v, "--chunks: not a number of chunks: '%s'; "
				  "use 1 to %u", text, CHUNK_COUNT_MAX);
	return 0;
}

int chunk_attempts(const struct verb *v, const char *text, uint32_t *n)
{
	uint64_t given = MAX_ATTEMPTS;

	if (text && (text_u64(text, 1000, &given) < 0 || !given))
		return verb_usage(v, "--max-attempts: not a number of "
				  "attempts: '%s'; use 1 to 1000", text);
	*n = (uint32_t)given;
	return 0;
}
