/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell.h - the records of shell loops: one process per word, one journal per
 *           node
 *
 * The processes of a node take turns, so that they continue one journal and
 * make one durable write each.  Nodes share chunks by blocks: who published
 * the name of a block in attempts/NNNNNN/claims/ hands out its chunks in this
 * attempt.  Before a number is given away it is on disk that it begins.
 */
#ifndef CHUNK_SHELL_H
#define CHUNK_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "chunk/state.h"
#include "run/run.h"

struct chunk_shell;

/* Wait for our turn on this node, at most ten seconds (BELAY_EBUSY).  node is
 * the name to record, NULL for the host's.  The run must stay open. */
struct chunk_shell *chunk_shell_open(struct run *r, unsigned attempt,
				     const char *node, struct belay_error *err);
void chunk_shell_close(struct chunk_shell *sh);		/* may be NULL */

/* The state of all chunks, with that set in it: count chunks define it if it
 * is new (durable) and must be what it has; 0: it is there.  The caller
 * frees. */
struct chunk_state *chunk_shell_state(struct chunk_shell *sh, const char *set,
				      uint64_t count, struct belay_error *err);

/*
 * The next chunk to work on, in *chunk; count as above.  A chunk that failed or
 * was lost max_attempts times is given up.
 * 1: begun; 0: none now, and *unfinished says how many others still have; -1.
 */
int chunk_shell_claim(struct chunk_shell *sh, const char *set, uint64_t count,
		      uint32_t max_attempts, uint64_t *chunk,
		      uint64_t *unfinished, struct belay_error *err);

int chunk_shell_done(struct chunk_shell *sh, const char *set, uint64_t chunk,
		     struct belay_error *err);

/* 1: it will be tried again; 0: given up; -1. */
int chunk_shell_fail(struct chunk_shell *sh, const char *set, uint64_t chunk,
		     const char *reason, bool retryable, uint32_t max_attempts,
		     struct belay_error *err);

int chunk_shell_beat(struct chunk_shell *sh, struct belay_error *err);

#endif /* CHUNK_SHELL_H */
