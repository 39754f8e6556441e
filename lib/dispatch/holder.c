/* SPDX-License-Identifier: Apache-2.0 */
/* holder.c - whose run it is */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dispatch/opening.h"

/* Between the clocks of slurmctld and of a node. */
#define CLOCKS_APART_S 60

static bool runs(const struct job_view *j)
{
	return j->state == JOB_STATE_RUNNING || j->state == JOB_STATE_SUSPENDED;
}

/* The job that has the id may have begun another run since. */
static bool works_elsewhere(const struct opening *o, const struct begin *b)
{
	char name[RUN_NAME_SIZE];

	return run_of_job(o->m->root, o->m->cluster, b->job_id, "", name,
			  NULL) == 0 && strcmp(name, o->run->name);
}

/* Slurm gives ids again.  The same start is the same job; else what was
 * submitted after the attempt had begun, and was not restarted since, is another
 * one, and so is what has a run of its own. */
static bool is_of(const struct opening *o, const struct begin *b)
{
	const struct job_view *j = &o->other;

	if (runs(j) && j->restart == b->restart && b->start_time)
		return j->start_time == b->start_time;
	if (j->restart <= b->restart &&
	    j->submit_time > b->begin_us / 1000000 + CLOCKS_APART_S)
		return false;
	return !works_elsewhere(o, b);
}

static bool is_live(const struct job_view *j)
{
	return j->completing || j->state == JOB_STATE_PENDING || runs(j);
}

/* Out of the way, with the reason in err, ECANCELED when Slurm has taken this
 * start back. */
static int yield(struct opening *o, struct belay_error *err)
{
	const struct sched *s = o->s;
	size_t len = strlen(err->text);

	if (!o->job_known ||
	    s->requeue(s->state, o->job.record, true, NULL) < 0)
		return -1;
	snprintf(err->text + len, sizeof(err->text) - len, "; this job is "
		 "requeued and held until 'scontrol release %s'",
		 o->job.record);
	err->sys = ECANCELED;
	return -1;
}

int opening_yield_to(struct opening *o, const struct begin *b,
		     struct belay_error *err)
{
	if (b->job[0])
		err_set(err, BELAY_EBUSY, "run '%s' is held by job %s",
			o->run->name, b->job);
	else
		err_set(err, BELAY_EBUSY, "run '%s' is held by process %d of "
			"%s", o->run->name, b->pid, b->host);
	return yield(o, err);
}

static void forget_other(struct opening *o)
{
	if (o->other_known)
		job_view_free(&o->other);
	o->other_known = false;
}

/* What Slurm knows of the job of an attempt, if it is that one still. */
static void look_up(struct opening *o, const struct begin *b,
		    struct belay_error *err)
{
	const struct sched *s = o->s;

	forget_other(o);
	o->other_known = s->load_job(s->state, b->job_id, &o->other, err) == 0;
	if (o->other_known && !is_of(o, b)) {
		forget_other(o);
		err_set(err, BELAY_ENOENT, "its id is another job's now");
	}
}

/* The last attempt may be of another job, or of none, that still works. */
int opening_check_holder(struct opening *o, struct belay_error *err)
{
	const struct attempt *a = run_newest(o->run);

	if (!a || a->end || a->begin->job_id == o->m->job_id)
		return 0;
	if (!a->begin->job_id)
		return run_begin_alive(a->begin) == 1 ?
			opening_yield_to(o, a->begin, err) : 0;
	look_up(o, a->begin, err);
	if (!o->other_known && err->code != BELAY_ENOENT)
		return err_prefix(err, "run '%s' may be held by job %s",
				  o->run->name, a->begin->job);
	if (o->other_known && is_live(&o->other))
		return opening_yield_to(o, a->begin, err);
	return 0;
}
