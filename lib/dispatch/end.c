/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - the batch step's script has ended: record it, decide, act */

#include <errno.h>

#include "base/clock.h"
#include "dispatch/act.h"
#include "dispatch/standing.h"
#include "recover/recover.h"

/* Slurm's word of the job is good for so long: a disk that hangs may keep us
 * for minutes, and Slurm may have gone on by then. */
#define WORD_HOLDS_MS 2000

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

/* 1: the job is still ours, as far as is known; 0: Slurm has gone on. */
static int is_ours(struct inquest *q, struct belay_error *err)
{
	const struct begin *b = inquest_attempt(q)->begin;

	inquest_drop_job(q);
	if (look_up(q, b->job_id, err) < 0)
		return -1;
	return !q->job_known || standing_holds(b, &q->job);
}

/* The same, right before something is done to it. */
static int is_still_ours(struct inquest *q, int64_t asked_ns,
			 struct belay_error *err)
{
	int rc = 1;

	if (clock_mono_ns() - asked_ns > WORD_HOLDS_MS * INT64_C(1000000))
		rc = is_ours(q, err);
	return rc == 1 ? standing_is_newest(q->run, q->attempt, err) :
			 rc;
}

/* A start that slurmctld has forgotten is aborted on its node, and what starts
 * there within the same second is taken for it: "already killed, do not launch
 * batch job", and the job ends as FAILED 1:0 before any hook of a task.  So the
 * start that slurmctld is about to make is kept away from this second.  Nothing
 * else is done, and nobody waits for it. */
static void put_off(const struct inquest *q)
{
	int64_t soonest = clock_wall_us() / 1000000 + PLAN_MIN_DELAY;
	struct belay_error said;

	if (q->job_known && q->job.begin_time < soonest &&
	    standing_is_forgotten(inquest_attempt(q)->begin, &q->job))
		q->sched->update(q->sched->state, q->job.record, NULL, soonest,
				 &said);
}

static int settle(struct inquest *q, struct buf *say, struct belay_error *err)
{
	struct act act = { q, q->attempt, 0, false, false };
	int64_t asked_ns = clock_mono_ns();
	int rc = is_ours(q, err);

	if (rc == 0)
		put_off(q);
	if (rc <= 0)
		return rc;
	if (inquest_hold(q, err) < 0)
		return -1;
	rc = is_still_ours(q, asked_ns, err);
	/* Without Slurm's word the next begin does what was decided. */
	if (rc <= 0 || !q->job_known)
		return rc;
	act.now = clock_wall_us() / 1000000;
	return act_carry_out(&act, say, err);
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
