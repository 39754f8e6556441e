/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.h - the verbs of 'belay chunk', and what they share */
#ifndef CMD_BELAY_CHUNK_H
#define CMD_BELAY_CHUNK_H

#include "chunk/shell.h"
#include "cmd/belay/verb.h"
#include "cmd/belay/which.h"

extern const struct verb verb_chunk_pending, verb_chunk_claim, verb_chunk_done,
	verb_chunk_fail, verb_chunk_list, verb_beat;

/* The options of those that are about a set, and of those that may define it. */
#define CHUNK_SET \
	{ "set", 0, "NAME", "which set of chunks; default: main" }
#define CHUNK_COUNT \
	{ "chunks", 0, "N", "how many chunks it has; needed the first time" }
#define CHUNK_MAX_ATTEMPTS \
	{ "max-attempts", 0, "N", "give a chunk up after N; default: 3" }

/* Our own run and our turn with the journal of this node. */
struct chunk_turn {
	struct run *run;
	unsigned attempt;
	struct chunk_shell *shell;
};
int chunk_turn_begin(struct chunk_turn *t, struct belay_error *err);
void chunk_turn_end(struct chunk_turn *t);
#define _auto_turn_ __attribute__((cleanup(chunk_turn_end)))

/* The only operand: a chunk's number.  0, or the exit status after a word to
 * the user. */
int chunk_operand(const struct verb *v, int argc, char **argv, int at,
		  uint64_t *chunk);
/* Options as numbers; text NULL is the fallback. */
int chunk_count(const struct verb *v, const char *text, uint64_t *count);
int chunk_attempts(const struct verb *v, const char *text, uint32_t *n);

static inline const char *chunk_set_name(const char *given)
{
	return given ? given : "main";
}

#endif /* CMD_BELAY_CHUNK_H */
