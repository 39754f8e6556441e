/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - how far the program says it is */

#include "api/chunks.h"
#include "base/clock.h"
#include "journal/journal.h"

#define AT_MOST_NS 1000000000ll	/* so long only memory knows it */

int api_progress_record(struct belay *b, struct belay_error *err)
{
	struct event e = {
		.type = EVENT_PROGRESS, .iteration = b->progress.iteration,
		.current_time = b->progress.current_time,
		.error_estimate = b->progress.error_estimate,
	};

	if (!b->progress_waits)
		return 0;
	if (api_record(b, &e, err) < 0)
		return -1;
	b->progress_waits = false;
	b->progress_ns = clock_mono_ns();
	return 0;
}

int belay_progress_set(struct belay *b, const struct belay_progress *p,
		       struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);

	if (!mine)
		return -1;
	b->progress = *p;
	b->progress_waits = b->has_progress = true;
	if (b->progress_ns && clock_mono_ns() - b->progress_ns < AT_MOST_NS)
		return 0;
	return api_commit(b, err);
}

/* ---- read ---- */

struct newest {
	bool found;
	struct belay_progress p;
};

/* Of an attempt the furthest counts, of whatever process; no clock decides. */
static int see(const struct record *rec, void *arg)
{
	struct newest *n = arg;
	struct event e;

	if (rec->type != EVENT_PROGRESS || event_decode(rec, &e, NULL) <= 0 ||
	    (n->found && e.iteration < n->p.iteration))
		return 0;
	n->found = true;
	n->p.iteration = e.iteration;
	n->p.current_time = e.current_time;
	n->p.error_estimate = e.error_estimate;
	return 0;
}

static int find_newest(struct belay *b, struct newest *n,
		       struct belay_error *err)
{
	for (unsigned i = b->run->n_attempts; i-- > 0 && !n->found;)
		if (journal_read(b->run, b->run->attempts[i].number,
				 JOURNAL_SKIP_LATE, see, n, NULL, err) < 0)
			return -1;
	return 0;
}

int belay_progress_get(struct belay *b, struct belay_progress *p,
		       struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct newest newest = { .found = false };
	uint64_t n[5], total;

	if (!mine || api_read_chunks(b, err) < 0)
		return -1;
	newest.found = b->has_progress;
	newest.p = b->progress;
	if (find_newest(b, &newest, err) < 0)
		return -1;
	chunk_totals(b->chunks->state, n, &total);
	if (newest.found) {
		p->iteration = newest.p.iteration;
		p->current_time = newest.p.current_time;
		p->error_estimate = newest.p.error_estimate;
	}
	p->chunks_completed = n[CHUNK_DONE];
	p->chunks_remaining = total - n[CHUNK_DONE] - n[CHUNK_QUARANTINED];
	return newest.found;
}
