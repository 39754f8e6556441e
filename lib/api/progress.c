/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - how far the program says it is */

#include "api/chunks.h"
#include "base/clock.h"
#include "journal/reports.h"

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

	if (!mine || api_need(p, "progress", err) < 0)
		return -1;
	b->progress = *p;
	b->progress_waits = b->has_progress = true;
	if (b->progress_ns && clock_mono_ns() - b->progress_ns < AT_MOST_NS)
		return 0;
	return api_commit(b, err);
}

/* ---- read ---- */

/* What this handle was told last, else what is recorded. */
static int find_newest(struct belay *b, struct belay_progress *p,
		       struct belay_error *err)
{
	struct event e = { 0 };
	int found = b->has_progress;

	*p = b->progress;
	if (!found)
		found = progress_newest(b->run, &e, err);
	if (found == 1 && !b->has_progress) {
		p->iteration = e.iteration;
		p->current_time = e.current_time;
		p->error_estimate = e.error_estimate;
	}
	return found;
}

int belay_progress_get(struct belay *b, struct belay_progress *p,
		       struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct belay_progress newest;
	uint64_t n[5], total;
	int found;

	if (!mine || api_need(p, "a place for the progress", err) < 0 ||
	    api_read_chunks(b, err) < 0)
		return -1;
	found = find_newest(b, &newest, err);
	if (found < 0)
		return -1;
	chunk_totals(b->chunks->state, n, &total);
	if (found)
		*p = newest;
	p->chunks_completed = n[CHUNK_DONE];
	p->chunks_remaining = total - n[CHUNK_DONE] - n[CHUNK_QUARANTINED];
	return found;
}
