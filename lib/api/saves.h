/* SPDX-License-Identifier: Apache-2.0 */
/* saves.h - the checkpoints of a handle: what is written, and when one is due */
#ifndef API_SAVES_H
#define API_SAVES_H

#include "api/handle.h"
#include "checkpoint/packed.h"

struct api_protected {		/* memory that is checkpointed whole */
	struct belay_array array;	/* its name and shape are copies */
	struct api_protected *next;
};

struct api_recovery {
	belay_recovery_fn *f;
	void *arg;
	struct api_recovery *next;
};

/* A commit in a thread of its own: one at a time, so that the memory it holds
 * is bounded. */
struct api_background {
	pthread_t thread;
	bool running;
	struct packed_writer *w;
	struct packed_done done;
	int64_t spent_us;
	int rc;
	struct belay_error err;
};

struct api_saves {
	uint64_t step;		/* of the newest that was begun */
	struct api_background back;
	int last_rc;		/* how the newest went, and its id */
	uint64_t last_id;
	struct belay_error late;	/* of one in the background, not told */
	struct api_protected *protected;
	struct api_recovery *recovery;
	/* when one is due */
	int64_t since_ns;	/* the newest was begun, or the handle opened */
	uint64_t since_chunks;	/* that were done by then */
	double cost_s;		/* what one keeps the caller, smoothed; 0: none
				 * was written yet */
	int64_t looked_ns;	/* when attempts/NNNNNN was listed */
	unsigned asked, answered;	/* requests there */
	uint64_t bad[8];	/* ids that could not be read here */
	unsigned n_bad;
	uint64_t restored;	/* the id whose restore is recorded */
	struct belay_statistics stat;
};

/* b->saves, made if there are none yet; NULL: no memory. */
struct api_saves *api_saves(struct belay *b, struct belay_error *err);
void api_saves_free(struct api_saves *s);

/* Wait for what is written in the background, and take note of how it went. */
void api_background_join(struct belay *b);
/* Commit w there; it is freed when that is done.  -1: no thread can be had. */
int api_background_start(struct belay *b, struct packed_writer *w);
/* What went wrong there and was not told yet: -1, or 0. */
int api_background_tell(struct belay *b, struct belay_error *err);

/* A commit has ended, after so long. */
void api_saved(struct belay *b, int rc, const struct packed_done *done,
	       int64_t spent_us);
/* A checkpoint begins: whatever asked for one is answered. */
void api_due_answer(struct belay *b);

/* Seconds between checkpoints that cost so much where failures are so far
 * apart on average. */
double api_daly(double cost_s, double mtbf_s);

/* An entry of c was read to its end: recorded once for each checkpoint. */
void api_note_restored(struct belay *b, uint64_t id);

#endif /* API_SAVES_H */
