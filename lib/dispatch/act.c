/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - ask Slurm for what was decided, and write down that it was done */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatch/act.h"
#include "dispatch/history.h"
#include "journal/event.h"
#include "recover/recover.h"

#define KILL_WAIT_USUAL 30	/* seconds, slurm.conf(5) */

/* ---- written down ---- */

/* An action that could not be written down is done again by whoever comes next:
 * that is harmless, and nobody here could do more about it. */
static void record(const struct act *a, bool done, const char *text)
{
	struct event e = { .type = EVENT_ACTED, .kind = done };
	struct journal_writer *w;

	if (!a->journal_of)
		return;
	w = journal_open(a->inquest->run, a->journal_of, a->inquest->by,
			 JOURNAL_SMALL, NULL);
	text_format(e.text, sizeof(e.text), "%s", text);
	if (w && event_add(w, &e, NULL))
		journal_commit(w, NULL);
	journal_close(w);
}

static int look_for_acted(const struct record *rec, void *arg)
{
	bool *done = arg;
	struct event e;

	if (rec->type == EVENT_ACTED && event_decode(rec, &e, NULL) == 1)
		*done |= e.kind;
	return 0;
}

static bool says_acted(struct run *r, unsigned n)
{
	bool done = false;

	journal_read(r, n, JOURNAL_SKIP_LATE, look_for_acted, &done, NULL,
		     NULL);
	return done;
}

bool act_stopped_begin(struct run *r, unsigned n)
{
	bool done = false;

	for (unsigned i = 0; i < r->n_attempts && !done; i++)
		if (r->attempts[i].number > n && !r->attempts[i].begin)
			done = says_acted(r, r->attempts[i].number);
	return done;
}

bool act_was_done(struct run *r, unsigned n)
{
	return says_acted(r, n) || act_stopped_begin(r, n);
}

bool act_restarts(const struct attempt *a)
{
	int action = a->decided ? action_of_word(a->decided->action) : -1;

	return action == ACTION_RETRY || action == ACTION_FAILOVER ||
	       action == ACTION_RESTORE;
}

bool act_stops(const struct attempt *a)
{
	int action = a->decided ? action_of_word(a->decided->action) : -1;

	return action == ACTION_HOLD || action == ACTION_FAIL;
}

/* ---- done ---- */

/* Nodes that earlier decisions left out: belay put them where they are. */
static int added_before(const struct inquest *q, struct buf *out,
			struct belay_error *err)
{
	_auto_hosts_ struct hosts hosts = { 0 };

	for (unsigned i = 0; i < q->run->n_attempts; i++) {
		const struct attempt *a = &q->run->attempts[i];

		if (a->number >= q->attempt || !a->decided)
			continue;
		for (unsigned k = 0; k < a->decided->n_exclude; k++)
			if (hosts_add(&hosts, a->decided->exclude[k].node,
				      err) < 0)
				return -1;
	}
	hosts_format(&hosts, out);
	return out->failed ? err_nomem(err) : 0;
}

/* Is there somebody to be left out who is not yet? */
static bool leaves_out_more(const struct act *a, const struct decision *d)
{
	const char *list = a->inquest->job.exc_nodes;
	_auto_hosts_ struct hosts now = { 0 };

	if (list && hosts_parse(&now, list, NULL) < 0)
		return true;
	for (unsigned i = 0; i < d->n_left_out; i++)
		if (d->left_out[i].until_us > a->now * 1000000 &&
		    !hosts_has(&now, d->left_out[i].node))
			return true;
	return false;
}

/* Whoever found the cause has asked already; what cannot be known now leaves
 * the list as it is.  Did it cost a call? */
static bool look_at_nodes(const struct act *a, const struct decision *d)
{
	struct inquest *q = a->inquest;
	const struct begin *b = inquest_attempt(q)->begin;

	if (q->nodes || !b->nodes || !b->nodes[0] ||
	    d->action == ACTION_HOLD || !leaves_out_more(a, d))
		return false;
	q->sched->load_nodes(q->sched->state, b->nodes, b->begin_us / 1000000,
			     &q->nodes, &q->n_nodes, NULL);
	return true;
}

/* It costs a call, and only says when to start: a wrong one may cost a wait,
 * which the last node to complete shortens. */
static int kill_wait(const struct act *a, const struct decision *d, bool asked)
{
	const struct sched *s = a->inquest->sched;

	if (d->action == ACTION_FAIL || d->slurm_delay)
		return 0;
	if (asked && a->inquest->job.state != JOB_STATE_PENDING)
		return KILL_WAIT_USUAL;	/* there is a requeue to be asked for */
	return s->kill_wait(s->state);
}

static int make_plan(const struct act *a, const struct decision *d,
		     struct plan *plan, struct belay_error *err)
{
	const struct inquest *q = a->inquest;
	const struct sched *s = q->sched;
	const struct decided *from = inquest_attempt(q)->decided;
	_auto_buf_ struct buf before = { 0 };
	struct plan_input in = {
		.decision = d,
		.job = &q->job,
		.now = a->now,
		.decided = from ? from->decided_us / 1000000 : a->now,
		.last_completing = a->last_completing,
		.runs_again = q->later_attempt,
	};

	if (added_before(q, &before, err) < 0)
		return -1;
	in.added_before = buf_text(&before);
	in.kill_wait = kill_wait(a, d, look_at_nodes(a, d));
	in.nodes = q->nodes;
	in.n_nodes = q->n_nodes;
	in.cluster_nodes = s->cluster_nodes(s->state);
	return plan_make(&in, plan, err);
}

static void say_it(const struct act *a, const struct decision *d,
		   const char *line, struct buf *say)
{
	const struct attempt *ended = inquest_attempt(a->inquest);

	if (!say || d->action == ACTION_NONE)
		return;
	buf_printf(say, "attempt %u: %s; %s (%s): %s\n", ended->number,
		   ended->end->cause, action_word(d->action), d->reason, line);
}

/* That nothing was left to do is recorded too, for it was what was decided; but
 * an action that failed stays to be done. */
int act_on(struct act *a, const struct decision *d, struct buf *say,
	   struct belay_error *err)
{
	struct plan plan = { 0 };
	char line[256];
	int rc;

	if (make_plan(a, d, &plan, err) < 0)
		return -1;
	rc = plan_carry_out(&plan, a->inquest->sched, &a->inquest->job, err);
	a->asked = plan.what != PLAN_NOTHING;
	plan_line(&plan, line);
	if (rc == 0) {
		record(a, true, line);
		say_it(a, d, line, say);
	} else if (err && err->sys != EAGAIN) {
		record(a, false, err->text);
	}
	plan_fini(&plan);
	return rc;
}

static int take_left_out(const struct decided *from, struct decision *d,
			 struct belay_error *err)
{
	d->left_out = calloc(from->n_exclude + 1, sizeof(*d->left_out));
	if (!d->left_out)
		return err_nomem(err);
	for (unsigned i = 0; i < from->n_exclude; i++) {
		memcpy(d->left_out[i].node, from->exclude[i].node,
		       sizeof(d->left_out[i].node));
		d->left_out[i].until_us = from->exclude[i].until_us;
	}
	d->n_left_out = from->n_exclude;
	return 0;
}

int act_carry_out(struct act *a, struct buf *say,
		  struct belay_error *err)
{
	const struct decided *from = inquest_attempt(a->inquest)->decided;
	int action = action_of_word(from->action);
	struct decision d = {
		.action = action < 0 ? ACTION_NONE : (enum action)action,
		.counts = from->counts,
		.slurm_delay = from->delay_s == DELAY_SLURM,
		.delay_s = from->delay_s == DELAY_SLURM ? 0 : from->delay_s,
		.attempts_left = from->attempts_left,
	};
	int rc;

	memcpy(d.rule, from->rule, sizeof(d.rule));
	memcpy(d.reason, from->reason, sizeof(d.reason));
	if (d.action == ACTION_NONE)
		return 0;
	if (take_left_out(from, &d, err) < 0)
		return -1;
	rc = act_on(a, &d, say, err);
	decision_fini(&d);
	return rc;
}
