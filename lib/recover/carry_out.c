/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carry_out.c - ask Slurm for what was planned
 *
 * First the job gets to where it is to be, then one call says who is left out,
 * when it starts and whether it is held: all that can only be set for a pending
 * job, and a hold whose StartTime is set with it can be told from others.
 * Another agent may have been faster at either step; then that step is done.
 * When the controller goes away in between, carrying the plan out again begins
 * anew and finds the first step done.
 */

#include <errno.h>

#include "recover/recover.h"

/* 0 also when the job is where it was to be brought. */
static int settle(int rc, const struct belay_error *said,
		  struct belay_error *err)
{
	if (rc == 0 || said->sys == EALREADY)
		return 0;
	if (err)
		*err = *said;
	return -1;
}

static int move(const struct plan *p, const struct sched *s,
		const char *record, struct belay_error *err)
{
	struct belay_error said = { 0 };

	switch (p->what) {
	case PLAN_REQUEUE:
	case PLAN_REQUEUE_HELD:
		return settle(s->requeue(s->state, record, false, &said),
			      &said, err);
	case PLAN_CANCEL:
		return settle(s->cancel(s->state, record, &said), &said, err);
	case PLAN_HOLD:
	case PLAN_ADJUST:
	case PLAN_NOTHING:
		break;
	}
	return 0;
}

static int set(const struct plan *p, const struct sched *s, const char *record,
	       struct belay_error *err)
{
	struct belay_error said = { 0 };

	if (p->what == PLAN_HOLD || p->what == PLAN_REQUEUE_HELD)
		return settle(s->hold(s->state, record, p->exc_nodes,
				      p->begin_time, &said), &said, err);
	if (!p->exc_nodes && !p->begin_time)
		return 0;
	return settle(s->update(s->state, record, p->exc_nodes, p->begin_time,
				&said), &said, err);
}

int plan_carry_out(const struct plan *p, const struct sched *s,
		   const struct job_view *job, struct belay_error *err)
{
	if (move(p, s, job->record, err) < 0)
		return -1;
	return set(p, s, job->record, err);
}
