/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - what a run has been through, as a decision asks for it */

#include <stdlib.h>
#include <string.h>

#include "checkpoint/checkpoint.h"
#include "chunk/state.h"
#include "dispatch/act.h"
#include "dispatch/history.h"
#include "policy/policy.h"

/* ---- progress ---- */

struct progress {
	struct chunk_state *chunks;	/* NULL: cannot be read */
	struct checkpoint_list list;
	bool listed;
};

/*
 * Chunks done and checkpoints say which attempt they are of.  Beats do not, but
 * the newest of them has a time: the attempt that it falls into made progress,
 * all later ones made none.  Earlier ones do not matter, for what is counted
 * is attempts in a row up to now.
 */
static bool progressed(const struct progress *p, const struct attempt *a)
{
	const struct chunk_state *c = p->chunks;

	if (c && a->number < c->n_attempts && c->done_by_attempt[a->number])
		return true;
	for (unsigned i = 0; i < p->list.n; i++)
		if (p->list.c[i].attempt == a->number && !p->list.c[i].late)
			return true;
	return c && c->last_progress_us >= a->begin->begin_us &&
	       c->last_progress_us <= a->end->end_us;
}

/* What cannot be read now may be good: the next begin will see. */
static bool one_may_be_good(const struct checkpoint_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!list->c[i].late &&
		    (!list->c[i].damaged || list->c[i].unreadable))
			return true;
	return false;
}

static void weigh(struct progress *p, struct history *h)
{
	const struct chunk_state *c = p->chunks;

	h->checkpoint_any = p->list.n > 0 || !p->listed;
	h->checkpoint_good = one_may_be_good(&p->list) || !p->listed;
	h->ever_progress = p->list.n > 0 || (c && c->last_progress_us);
	for (unsigned i = 0; c && i < c->n_attempts; i++)
		h->ever_progress |= c->done_by_attempt[i] > 0;
}

/* ---- attempts ---- */

static struct past tell(const struct attempt *a, const struct progress *p)
{
	struct past past = {
		.attempt = a->number,
		.begin_us = a->begin->begin_us,
		.end_us = a->end->end_us,
		.cause = cause_of_word(a->end->cause),
		.exit_code = a->end->exit_code,
		.progress = progressed(p, a),
	};

	if (a->decided) {
		memcpy(past.rule, a->decided->rule, sizeof(past.rule));
		past.counts = a->decided->counts;
	}
	return past;
}

/* A run that was stopped and has begun again since was let go on by a person,
 * who thereby gave it fresh budgets. */
static unsigned first_that_counts(const struct run *r, unsigned n,
				  unsigned *resumed)
{
	unsigned first = 0;

	for (unsigned i = 0; i < r->n_attempts; i++) {
		if (r->attempts[i].number >= n || !act_stops(&r->attempts[i]))
			continue;
		*resumed = r->attempts[i].number;
		first = i + 1;
	}
	return first;
}

static int tell_past(const struct run *r, unsigned n, const struct progress *p,
		     struct history *h, struct belay_error *err)
{
	unsigned first = first_that_counts(r, n, &h->resumed);

	h->past = calloc(r->n_attempts + 1, sizeof(*h->past));
	if (!h->past)
		return err_nomem(err);
	if (!first && r->n_attempts && r->attempts[0].begin)
		h->lost = r->attempts[0].begin->restart;
	for (unsigned i = first; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		if (a->number < n && a->begin && a->end && a->decided)
			h->past[h->n_past++] = tell(a, p);
	}
	return 0;
}

/* Each decision repeats every exclusion that was still in force. */
static int tell_left_out(const struct run *r, unsigned n, struct history *h,
			 struct belay_error *err)
{
	const struct decided *newest = NULL;

	for (unsigned i = 0; i < r->n_attempts; i++)
		if (r->attempts[i].number < n && r->attempts[i].decided)
			newest = r->attempts[i].decided;
	if (!newest)
		return 0;
	h->left_out = calloc(newest->n_exclude + 1, sizeof(*h->left_out));
	if (!h->left_out)
		return err_nomem(err);
	for (unsigned i = 0; i < newest->n_exclude; i++) {
		memcpy(h->left_out[i].node, newest->exclude[i].node,
		       sizeof(h->left_out[i].node));
		h->left_out[i].until_us = newest->exclude[i].until_us;
	}
	h->n_left_out = newest->n_exclude;
	return 0;
}

int history_read(struct run *r, unsigned n, struct history *h,
		 struct belay_error *err)
{
	/* What cannot be read must not keep a job from being saved: without
	 * progress known, the limit on attempts without any is not armed, and
	 * the next begin will see what there is to restore. */
	struct progress p = { .chunks = chunk_state_load(r, NULL) };
	int rc;

	p.listed = checkpoint_list(r, &p.list, NULL) == 0;
	weigh(&p, h);
	h->now = tell(run_attempt(r, n), &p);
	rc = tell_past(r, n, &p, h, err);
	if (rc == 0)
		rc = tell_left_out(r, n, h, err);
	chunk_state_free(p.chunks);
	if (p.listed)
		checkpoint_list_free(&p.list);
	return rc;
}

void history_fini(struct history *h)
{
	free(h->past);
	free(h->left_out);
	*h = (struct history){ 0 };
}

struct question history_question(const struct history *h)
{
	return (struct question){
		.past = h->past,
		.n_past = h->n_past,
		.resumed = h->resumed,
		.lost = h->lost,
		.now = h->now,
		.left_out = h->left_out,
		.n_left_out = h->n_left_out,
		.ever_progress = h->ever_progress,
		.checkpoint_good = h->checkpoint_good,
		.checkpoint_any = h->checkpoint_any,
	};
}
