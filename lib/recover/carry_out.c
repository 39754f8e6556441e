/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carry_out.c - ask Slurm for what was planned
 *
 * First the job gets to where it is to be, then one update says who is left out
 * and when it starts: both can only be set for a pending job.  Another agent
 * may have been faster at either step; then that step is done.  When the
 * controller goes away in between, carrying the plan out again begins anew and
 * finds the first step done.
 */

#include <errno.h>

#include "recover/recover.h"

/* 0 also when the job is where it was to be brought; *there says so. */
static int settle(int rc, const struct belay_error *said, bool *there,
		  struct belay_error *err)
{
	*there = rc < 0 && said->sys == EALREADY;
	if (rc == 0 || *there)
		return 0;
	if (err)
		*err = *said;
	return -1;
}

static int requeue(const struct plan *p, const struct sched *s,
		   const char *record, struct belay_error *err)
{
	bool held = p->what == PLAN_REQUEUE_HELD, there;
	struct belay_error said = { 0 };

	if (settle(s->requeue(s->state, record, held, &said), &said, &there,
		   err) < 0)
		return -1;
	if (!there || !held)
		return 0;
	/* Slurm has requeued it meanwhile, and would start it. */
	return settle(s->hold(s->state, record, &said), &said, &there, err);
}

static int move(const struct plan *p, const struct sched *s,
		const char *record, struct belay_error *err)
{
	struct belay_error said = { 0 };
	bool there;

	switch (p->what) {
	case PLAN_REQUEUE:
	case PLAN_REQUEUE_HELD:
		return requeue(p, s, record, err);
	case PLAN_HOLD:
		return settle(s->hold(s->state, record, &said), &said, &there,
			      err);
	case PLAN_CANCEL:
		return settle(s->cancel(s->state, record, &said), &said,
			      &there, err);
	case PLAN_ADJUST:
	case PLAN_NOTHING:
		break;
	}
	return 0;
}

int plan_carry_out(const struct plan *p, const struct sched *s,
		   const struct job_view *job, struct belay_error *err)
{
	struct belay_error said = { 0 };
	bool there;

	if (move(p, s, job->record, err) < 0)
		return -1;
	if (!p->exc_nodes && !p->begin_time)
		return 0;
	return settle(s->update(s->state, job->record, p->exc_nodes,
				p->begin_time, &said), &said, &there, err);
}
