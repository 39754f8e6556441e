/* SPDX-License-Identifier: Apache-2.0 */
/*
 * after.c - on a surviving node, from the epilog
 *
 * Two things may be left to do: what `end` would have done, when the batch host
 * is gone; and to shorten the wait.  Only one node is in a position for that:
 * the last that completes, for a StartTime that has passed when the last
 * epilog is done costs Slurm's whole delay.
 */

#include <string.h>

#include "base/clock.h"
#include "dispatch/act.h"
#include "dispatch/history.h"
#include "dispatch/standing.h"
#include "recover/recover.h"

#define NODES_FIRST 4
#define NODES_ALL 64

/* Of the plugin's 5 s; the time that one more call takes is kept back. */
#define DEADLINE_MS 4200
#define LINGER_MS 3000
#define LOOK_MS 400
#define PASS_MS 400

struct vigil {
	struct inquest *inquest;
	int64_t since_ns;
};

static int64_t spent_ms(const struct vigil *v)
{
	return (clock_mono_ns() - v->since_ns) / 1000000;
}

/* ---- who is to look ---- */

/* -1 when name is not among them. */
static int place_of(const char *nodes, const char *name, size_t *n)
{
	_auto_hosts_ struct hosts hosts = { 0 };

	*n = 0;
	if (hosts_parse(&hosts, nodes, NULL) < 0)
		return -1;
	*n = hosts.n;
	for (size_t i = 0; i < hosts.n; i++)
		if (!strcmp(hosts.name[i], name))
			return (int)i;
	return -1;
}

static bool is_chosen(const struct moment *m)
{
	size_t n;
	int place = place_of(m->nodes, m->node, &n);

	return place >= 0 && (place < NODES_FIRST || n <= NODES_ALL);
}

/* ---- what Slurm says ---- */

/* 1: the job still completes from the attempt, on this node among others; 0: it
 * does not. */
static int still_completes(struct inquest *q, struct belay_error *err)
{
	size_t n;

	inquest_drop_job(q);
	if (q->sched->load_job(q->sched->state, q->moment->job_id, &q->job,
			       err) < 0)
		return -1;
	q->job_known = true;
	return q->job.completing &&
	       standing_holds(inquest_attempt(q)->begin, &q->job) &&
	       place_of(q->job.nodes, q->moment->node, &n) >= 0;
}

/* ---- the last node ---- */

/*
 * 1 when no other node completes any more.  Of several whose epilogs run at the
 * same time each would see the others and leave, so the first in order stays a
 * while; if one of the others has not even begun, it will look for itself.
 */
static int become_last(struct vigil *v, struct belay_error *err)
{
	struct inquest *q = v->inquest;
	size_t n;
	int rc;

	for (;;) {
		int place = place_of(q->job.nodes, q->moment->node, &n);

		if (n == 1)
			return 1;
		if (place > 0 || spent_ms(v) > LINGER_MS)
			return 0;
		clock_sleep_ms(LOOK_MS);
		rc = still_completes(q, err);
		if (rc <= 0)
			return rc;
	}
}

/*
 * Nothing wakes slurmctld when a StartTime has come.  It looks at its queue 3 s
 * after it looked last if something has happened since, and the end of this
 * node's epilog will be something.  So: have it look now, by a change; then set
 * StartTime to 3 s after that.
 */
static int64_t count_passes(const struct vigil *v)
{
	const struct sched *s = v->inquest->sched;

	return s->passes ? s->passes(s->state) : -1;
}

static int act_unless_stale(struct act *act, struct buf *say,
			    struct belay_error *err)
{
	const struct inquest *q = act->inquest;
	int rc = standing_is_newest(q->run, q->attempt, err);

	return rc <= 0 ? rc : act_carry_out(act, say, err);
}

/*
 * The second in which it looked for the first time since it had looked passes
 * times, or now if that cannot be known.  How often we ask does not matter: the
 * look that counts is the next one.
 */
static int64_t second_of_pass(const struct vigil *v, int64_t passes)
{
	int64_t at = clock_wall_us();

	while (passes >= 0 && spent_ms(v) < DEADLINE_MS) {
		if (count_passes(v) != passes)
			return at / 1000000;
		at = clock_wall_us();
		clock_sleep_ms(PASS_MS);
	}
	return clock_wall_us() / 1000000;
}

static int shorten(struct vigil *v, struct belay_error *err)
{
	struct inquest *q = v->inquest;
	const struct decided *d = inquest_attempt(q)->decided;
	struct act act = { q, 0, clock_wall_us() / 1000000, false,
			   false };
	int64_t passes;

	if (d->delay_s <= PLAN_MIN_DELAY) {
		passes = count_passes(v);
		if (act_unless_stale(&act, NULL, err) < 0)
			return -1;
		act.now = second_of_pass(v, passes);
	}
	act.last_completing = true;
	return act_unless_stale(&act, NULL, err);
}

/* ---- all of it ---- */

static int watch(struct vigil *v, struct buf *say, struct belay_error *err)
{
	struct inquest *q = v->inquest;
	struct act act = { q, q->attempt, clock_wall_us() / 1000000, false,
			   false };
	int rc = still_completes(q, err);

	if (rc <= 0)
		return rc;
	if (inquest_hold(q, err) < 0)
		return -1;
	if (!act_was_done(q->run, q->attempt) &&
	    act_unless_stale(&act, say, err) < 0)
		return -1;
	if (!act_restarts(inquest_attempt(q)) ||
	    inquest_attempt(q)->decided->delay_s == DELAY_SLURM)
		return 0;
	rc = become_last(v, err);
	return rc <= 0 ? rc : shorten(v, err);
}

/* Where begin could not write either, as it has said, nothing is to be read. */
static bool holds_nothing(const struct belay_error *err)
{
	return err->code == BELAY_ENOENT || err->code == BELAY_ECONFIG;
}

/* A job that just ended, and was told so, is not worth a call to Slurm; but an
 * agent may have died between the decision to hold it and the deed. */
static bool is_settled(const struct inquest *q)
{
	const struct attempt *a = inquest_attempt(q);

	if (!a->end || !a->decided || act_restarts(a) ||
	    strcmp(a->end->by, "end"))
		return false;
	return action_of_word(a->decided->action) != ACTION_HOLD ||
	       act_was_done(q->run, q->attempt);
}

int dispatch_after(const struct moment *m, const struct sched *s,
		   struct buf *say, struct belay_error *err)
{
	struct inquest q = { .moment = m, .sched = s, .by = "after",
			     .needs_slurm = true };
	struct vigil v = { &q, clock_mono_ns() };
	int rc = 0;

	if (!is_chosen(m))
		return 0;
	q.run = standing_run(m, err);
	if (!q.run)
		return holds_nothing(err) ? 0 : -1;
	q.attempt = standing_attempt(q.run, m, false);
	if (q.attempt && !is_settled(&q))
		rc = watch(&v, say, err);
	inquest_fini(&q);
	run_close(q.run);
	return rc;
}
