/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - the batch step's script has ended: record it, decide, act */

#include <errno.h>

#include "base/clock.h"
#include "dispatch/act.h"
#include "dispatch/standing.h"

/* 1: known; 0: unknown, and not worth waiting for. */
static int look_up(struct inquest *q, uint32_t job_id, struct belay_error *err)
{
	const struct sched *s = q->sched;

	if (q->moment->without_slurm)
		return 0;
	if (s->load_job(s->state, job_id, &q->job, err) == 0)
		q->job_known = true;
	else if (err->sys == EAGAIN)
		return -1;
	return q->job_known;
}

static int settle(struct inquest *q, struct buf *say, struct belay_error *err)
{
	const struct begin *b = inquest_attempt(q)->begin;
	struct act act = { q, q->attempt, clock_wall_us() / 1000000, false,
			   false };

	if (look_up(q, b->job_id, err) < 0)
		return -1;
	if (q->job_known && !standing_holds(b, &q->job))
		return 0;	/* Slurm has gone on without us */
	if (inquest_hold(q, err) < 0)
		return -1;
	/* Without Slurm's word the next begin does what was decided. */
	return q->job_known ? act_carry_out(&act, say, err) : 0;
}

/* Whoever asks knows whether there was one. */
static int no_run(struct belay_error *err)
{
	if (err->code == BELAY_ENOENT) {
		err_prefix(err, "its run is gone");
		err_remedy(err, "this job is unprotected from here on");
	}
	return -1;
}

int dispatch_end(const struct moment *m, const struct sched *s,
		 struct buf *say, struct belay_error *err)
{
	struct inquest q = { .moment = m, .sched = s, .by = "end",
			     .seen_end = true,
			     .needs_slurm = !m->without_slurm };
	int rc = 0;

	q.run = standing_run(m, err);
	if (!q.run)
		return no_run(err);
	q.attempt = standing_attempt(q.run, m, true);
	if (q.attempt)
		rc = settle(&q, say, err);
	inquest_fini(&q);
	run_close(q.run);
	return rc;
}
