/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - the state of a run's chunks, from its files */

#include "base/error.h"
#include "chunk/state.h"

struct loader {
	struct chunk_state *state;
	struct event event;	/* one for all: it is large */
	struct belay_error *err;
};

/* A record that is no event of ours is passed over: whoever wrote it, it does
 * not verify less than the others. */
static int fold_record(const struct record *rec, void *arg)
{
	struct loader *l = arg;

	if (event_decode(rec, &l->event, NULL) <= 0)
		return 0;
	return chunk_state_fold(l->state, &l->event, l->err);
}

static void count_damage(unsigned attempt, const char *journal,
			 const struct journal_end *end, void *arg)
{
	struct loader *l = arg;

	(void)attempt;
	(void)journal;
	if (end->state == JOURNAL_CORRUPT)
		l->state->damaged++;
}

static int fold_attempt(struct loader *l, struct run *r,
			const struct attempt *a)
{
	bool is_live = a->number == run_newest_number(r) && !a->end;

	if (journal_read(r, a->number, JOURNAL_WITH_LATE, fold_record, l,
			 count_damage, l->err) < 0)
		return -1;
	if (is_live)
		return 0;
	return chunk_state_end_attempt(l->state, a->number,
				       a->end ? a->end->suspects : NULL,
				       l->err);
}

struct chunk_state *chunk_state_load(struct run *r, struct belay_error *err)
{
	unsigned from = 0;
	struct loader l = { .err = err };

	l.state = chunk_snapshot_load(r, &from);
	if (!l.state) {
		from = 0;
		l.state = chunk_state_new();
	}
	if (!l.state) {
		err_nomem(err);
		return NULL;
	}
	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		if (a->number >= from && fold_attempt(&l, r, a) < 0) {
			chunk_state_free(l.state);
			return NULL;
		}
	}
	return l.state;
}
