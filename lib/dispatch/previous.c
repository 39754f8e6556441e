/* SPDX-License-Identifier: Apache-2.0 */
/* previous.c - the attempt before: how it ended, and whether this may begin */

#include <errno.h>

#include "base/clock.h"
#include "dispatch/act.h"
#include "dispatch/opening.h"
#include "recover/recover.h"

struct attempt *opening_previous(const struct opening *o)
{
	struct attempt *a = o->previous ? run_attempt(o->run, o->previous) :
					  NULL;

	return a && a->begin ? a : NULL;
}

static bool is_ours(const struct opening *o, const struct begin *b)
{
	return run_begin_is_of(b, o->m->job_id, o->m->hint.submission);
}

static void tell_missed(struct opening *o, const struct begin *before)
{
	unsigned missed = o->m->restart - before->restart - 1;

	if (is_ours(o, before) && o->m->restart > before->restart && missed)
		buf_printf(o->say, "%u start%s of this job since attempt %u "
			   "never got as far as belay\n", missed,
			   missed > 1 ? "s" : "", o->previous);
}

/* The inquest about o->previous, with the view of the job that it was of. */
static struct inquest inquest_of(const struct opening *o)
{
	const struct begin *b = opening_previous(o)->begin;
	bool ours = is_ours(o, b);

	return (struct inquest){
		.moment = o->m,
		.sched = o->s,
		.by = "begin",
		.run = o->run,
		.attempt = o->previous,
		.job = ours ? o->job : o->other,
		.job_known = ours ? o->job_known : o->other_known,
		.nodes = o->nodes,
		.n_nodes = o->n_nodes,
		.later_attempt = true,
	};
}

/* What an inquest has asked is the opening's, as the view of the job is. */
static void keep_nodes(struct opening *o, const struct inquest *q)
{
	o->nodes = q->nodes;
	o->n_nodes = q->n_nodes;
}

/*
 * The job is ours now, whoever's the attempt was.  To let a job end that has
 * been started again means to cancel it, as it does while it is pending.
 */
int opening_stop(struct opening *o, const struct decision *d,
		 struct belay_error *err)
{
	const struct decided *stands = opening_previous(o)->decided;
	struct inquest q = inquest_of(o);
	struct act act = { &q, o->number, clock_wall_us() / 1000000, false,
			   false };
	int rc = 0;

	q.job = o->job;
	if (!d && action_of_word(stands->action) == ACTION_FAIL)
		q.job.state = JOB_STATE_PENDING;
	if (o->job_known)
		rc = d ? act_on(&act, d, NULL, err)
		       : act_carry_out(&act, NULL, err);
	keep_nodes(o, &q);
	if (rc < 0)
		return -1;
	err_set(err, BELAY_EFAILED, "attempt %u is not to be followed by "
		"another: %s", o->previous, d ? d->reason : stands->reason);
	if (err && act.asked)
		err->sys = ECANCELED;
	return -1;
}

/* By an agent that did not live to write it down; and now the job runs. */
static bool was_held(const struct opening *o)
{
	const struct sched *s = o->s;
	int64_t decided = opening_previous(o)->decided->decided_us / 1000000;

	return o->job_known && o->job.begin_time ==
		plan_hold_start(decided, s->kill_wait(s->state));
}

int opening_heed_previous(struct opening *o, struct belay_error *err)
{
	struct inquest q;
	int action, rc;

	if (!o->previous)
		return 0;
	if (!opening_previous(o))
		return inquest_refuse_late(o->previous, err);
	tell_missed(o, opening_previous(o)->begin);
	q = inquest_of(o);
	rc = inquest_hold(&q, err);
	keep_nodes(o, &q);
	if (rc < 0)
		return -1;
	action = action_of_word(opening_previous(o)->decided->action);
	if (action != ACTION_HOLD && action != ACTION_FAIL) {
		o->let_go = act_stopped_begin(o->run, o->previous);
		return 0;
	}
	o->let_go = act_was_done(o->run, o->previous) ||
		    (action == ACTION_HOLD && was_held(o));
	return o->let_go ? 0 : opening_stop(o, NULL, err);
}
