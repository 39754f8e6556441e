/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - how the chunks of a run stand: events folded, pure but for loading
 *
 * done is final; of several, the least (attempt, writer, sequence) counts.
 * A chunk that an older attempt had begun and not ended is pending again, and
 * remembered as lost there (a chunk that kills its node shows up so).
 */
#ifndef CHUNK_STATE_H
#define CHUNK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "journal/event.h"
#include "run/run.h"

enum chunk_status {
	CHUNK_PENDING, CHUNK_RUNNING, CHUNK_DONE, CHUNK_RETRYING,
	CHUNK_QUARANTINED,
};
extern const char *const chunk_status_word[5];

#define CHUNK_COUNT_MAX (1u << 30)	/* chunks of a set */

/* Kept only for chunks that ever failed or were lost; texts are never NULL. */
struct chunk_trouble {
	uint64_t chunk;
	uint32_t fails;		/* recorded failures: the next try is fails + lost + 1 */
	uint32_t lost;		/* begun in an attempt or on a worker that was lost */
	const char *node;	/* of the last trouble */
	const char *lost_nodes;	/* distinct ones, comma separated */
	const char *reason;
	struct chunk_trouble *next_in_bucket;
};

struct chunk_set {
	char name[129];
	uint64_t count;
	uint8_t items[16], command[16];
	uint8_t *status;	/* enum chunk_status of each chunk */
	uint64_t n[5];		/* how many of each status */
	struct chunk_troubles *troubles;
	struct chunk_begun *begun;	/* where and how often, or NULL */
	struct chunk_set *next;
};

struct chunk_state {
	struct chunk_set *sets;		/* order of definition */
	uint64_t *done_by_attempt;	/* [attempt]: first done records */
	unsigned n_attempts;		/* size of the above */
	unsigned damaged;		/* segments corrupt; torn ends are not */
	unsigned late;			/* records beyond a cut */
	uint64_t beats;
	int64_t last_progress_us;	/* newest done, checkpoint or beat */
	struct chunk_fold *fold;	/* what folding needs to remember */
};

/* Read the newest usable snapshot and every journal behind it, as seen from
 * now.  Chunks run only in the newest attempt claimed, if it has no end. */
struct chunk_state *chunk_state_load(struct run *r, struct belay_error *err);
void chunk_state_free(struct chunk_state *s);

struct chunk_state *chunk_state_new(void);
/* Fold one event in: a journal's events in order and without others between,
 * journals by attempt. */
int chunk_state_fold(struct chunk_state *s, const struct event *e,
		     struct belay_error *err);
/* Attempt n is over: what was running is pending again, and lost.  suspects
 * (hostlist or NULL): only chunks on these nodes count as lost. */
int chunk_state_end_attempt(struct chunk_state *s, unsigned n,
			    const char *suspects, struct belay_error *err);

struct chunk_set *chunk_set_find(const struct chunk_state *s, const char *name);
/* Define, or check that it is the same: BELAY_ECONFIG says what differs.
 * items and command may be NULL: not known, not compared. */
struct chunk_set *chunk_set_define(struct chunk_state *s, const char *name,
				   uint64_t count, const uint8_t items[16],
				   const uint8_t command[16],
				   struct belay_error *err);
const struct chunk_trouble *chunk_trouble_of(const struct chunk_set *set,
					     uint64_t chunk);	/* or NULL */
/* Sum over all sets. */
void chunk_totals(const struct chunk_state *s, uint64_t n[5], uint64_t *total);

/* ---- snapshots ---------------------------------------------------------- */

/*
 * Publish the state of everything before attempt n (s holds just that) as
 * snapshots/NNNNNN.snap.  It stands for what the cut of n believes, so n has
 * begun, and s was loaded after that.
 */
int chunk_snapshot_write(struct run *r, unsigned n, const struct chunk_state *s,
			 struct belay_error *err);
/* The newest one that can be used, and its attempt in *n; NULL: none. */
struct chunk_state *chunk_snapshot_load(struct run *r, unsigned *n);

/* The bytes alone, for tests and fuzzers. */
void chunk_snapshot_encode(const struct run *r, unsigned n,
			   const struct chunk_state *s, struct buf *out);
struct chunk_state *chunk_snapshot_decode(const struct run *r, unsigned n,
					  const void *bytes, size_t len);

#endif /* CHUNK_STATE_H */
