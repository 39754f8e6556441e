/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunks.h - the chunks of a handle: its blocks, what it works on, what is done
 *            and not yet recorded
 *
 * The state of all chunks is read once and then kept in step with what this
 * handle records.  What others do meanwhile is not seen and does not matter: in
 * an attempt a chunk is handed out by whoever has taken its block, and the
 * attempts before are over.
 */
#ifndef API_CHUNKS_H
#define API_CHUNKS_H

#include "api/handle.h"
#include "base/buf.h"
#include "chunk/state.h"

struct api_begun {		/* a chunk that has begun and not ended */
	uint64_t chunk;
	uint32_t try;
	int64_t since_ns;	/* when it was handed out */
};

struct api_begun_list {
	struct api_begun *at;
	size_t n, cap;
};

struct api_set {
	struct api_set *next;
	char name[129];
	uint64_t count;
	uint32_t number;	/* in the journal of this handle */
	bool named;		/* the journal has its record */
	/* Blocks that are ours; of the last one those before `fresh` have been
	 * looked at; of all, those before `again` for another try. */
	uint64_t *block, block_size;
	size_t n_blocks;
	uint64_t fresh, again;
	struct api_begun_list ahead;	/* begun and not handed out, last first */
	struct api_begun_list begun;	/* handed out */
};

struct api_done {		/* a completion that is not recorded yet */
	uint32_t set, try;
	uint64_t chunk, duration_us;
	struct event_result result;
	size_t at;		/* where its bytes are, in short or long */
};

struct api_chunks {
	struct api_set *sets;
	struct chunk_state *state;	/* NULL: to be read */
	/* Completions in the order of their calls, and their results: those
	 * that go into records and those that go to a file. */
	struct api_done *done;
	size_t n_done, n_recorded, cap_done;	/* recorded: in the journal */
	struct buf inlined, filed;
	bool written;		/* filed is in its file */
	/* The file of results: its number, 0: none yet, and its end. */
	unsigned segment;
	uint64_t end;
};

/* ---- sets.c ---- */

/* The set that belay_chunks() was called for; NULL: EINVAL says so. */
struct api_set *api_set_find(struct belay *b, const char *name,
			     struct belay_error *err);
/* How its chunks stand, read again if need be; NULL: they cannot be read. */
struct chunk_set *api_set_state(struct belay *b, const struct api_set *s,
				struct belay_error *err);
/* Read the state anew, as the disk says now. */
int api_chunks_reload(struct belay *b, struct belay_error *err);
/* Record an event about a chunk of the set, and keep the state in step. */
int api_chunk_record(struct belay *b, struct api_set *s, struct event *e,
		     struct belay_error *err);
void api_chunks_free(struct api_chunks *c);	/* may be NULL */

int api_begun_add(struct api_begun_list *l, const struct api_begun *one,
		  struct belay_error *err);
/* Take a chunk out of the list: what is known of it, or try 0. */
struct api_begun api_begun_take(struct api_begun_list *l, uint64_t chunk);

/* ---- tally.c ---- */

/* The same for a handle that may have no sets. */
int api_read_chunks(struct belay *b, struct belay_error *err);

/* ---- completions.c ---- */

/* Give all completions to the journal; those with long results after these
 * are durable in their file.  To be followed by the journal's commit. */
int api_completions_record(struct belay *b, struct belay_error *err);

#endif /* API_CHUNKS_H */
