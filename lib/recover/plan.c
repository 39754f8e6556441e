/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - from a decision to what Slurm is asked to do; pure
 *
 * First the reasons to leave the job alone, then one table: where the job is,
 * and what was decided.  A hold, a cancellation or a later start that a person
 * asked for stays.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "recover/exclude.h"

/* Beyond KillWait, until every epilog is done. */
#define AFTER_KILL_WAIT 15

/* ---- where the job is ---- */

static bool is_pending(const struct job_view *j)
{
	return j->state == JOB_STATE_PENDING;
}

static bool has_ended(const struct job_view *j)
{
	return j->state > JOB_STATE_SUSPENDED && !j->completing;
}

/* ---- reasons to leave it alone ---- */

static bool not_wanted(const struct plan_input *in)
{
	return in->decision->action == ACTION_NONE;
}

static bool cancelled(const struct plan_input *in)
{
	return in->job->state == JOB_STATE_CANCELLED;
}

static bool unknown(const struct plan_input *in)
{
	return in->job->state == JOB_STATE_UNKNOWN;
}

static bool held_already(const struct plan_input *in)
{
	return is_pending(in->job) && in->job->held &&
	       (in->decision->action == ACTION_HOLD ||
		in->decision->action == ACTION_FAIL);
}

/* Of the attempt that ended nothing is left; the next one is another matter. */
static bool ends_anyway(const struct plan_input *in)
{
	return in->decision->action == ACTION_FAIL && !is_pending(in->job) &&
	       !in->runs_again;
}

static bool too_late(const struct plan_input *in)
{
	return has_ended(in->job);
}

static bool not_allowed(const struct plan_input *in)
{
	return in->decision->action != ACTION_FAIL && !is_pending(in->job) &&
	       !in->job->requeue_allowed;
}

static const char *reason_to_leave(const struct plan_input *in)
{
	static const struct {
		bool (*holds)(const struct plan_input *in);
		const char *why_not;
	} reasons[] = {
		{ not_wanted, "nothing is to be done" },
		{ unknown, "Slurm does not say how the job is" },
		{ cancelled, "the job was cancelled" },
		{ held_already, "the job is held" },
		{ ends_anyway, "Slurm ends the job" },
		{ too_late, "the job has ended" },
		{ not_allowed, "the job may not be requeued" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].holds(in))
			return reasons[i].why_not;
	return NULL;
}

/* ---- when ---- */

/*
 * Safe first, then fast: as long as other nodes complete, their KillWait may
 * have to pass, and a StartTime that passes before the last epilog costs
 * Slurm's whole delay.
 */
static int64_t delay(const struct plan_input *in)
{
	bool fast = in->last_completing ||
		    (is_pending(in->job) && !in->job->completing);
	int64_t least = fast ? PLAN_MIN_DELAY
			     : in->kill_wait + AFTER_KILL_WAIT;

	return in->decision->delay_s > least ? in->decision->delay_s : least;
}

static bool scheduled_by_a_person(const struct plan_input *in)
{
	int64_t safe = in->kill_wait + AFTER_KILL_WAIT, most = PLAN_SLURM_DELAY;

	if (most < safe)
		most = safe;
	if (most < in->decision->delay_s)
		most = in->decision->delay_s;
	return is_pending(in->job) && in->job->begin_time > in->now + most;
}

int64_t plan_hold_start(int64_t decided, int kill_wait)
{
	return decided + kill_wait + AFTER_KILL_WAIT;
}

/* Whoever releases the job has it start then, not after Slurm's delay. */
static int64_t start_of_held(const struct plan_input *in)
{
	int64_t at = plan_hold_start(in->decided, in->kill_wait);

	return at > in->now + PLAN_MIN_DELAY ? at :
		plan_hold_start(in->now, in->kill_wait);
}

static int64_t start_at(const struct plan_input *in)
{
	if (in->decision->slurm_delay ||
	    (is_pending(in->job) && in->job->held) ||
	    scheduled_by_a_person(in))
		return 0;
	if (in->decision->action == ACTION_HOLD)
		return start_of_held(in);
	return in->now + delay(in);
}

/* ---- the plan ---- */

static int leave(struct plan *p, const char *why_not)
{
	p->what = PLAN_NOTHING;
	snprintf(p->why_not, sizeof(p->why_not), "%s", why_not);
	return 0;
}

int plan_make(const struct plan_input *in, struct plan *p,
	      struct belay_error *err)
{
	const char *why_not = reason_to_leave(in);
	bool pending = is_pending(in->job);

	*p = (struct plan){ 0 };
	if (why_not)
		return leave(p, why_not);
	if (in->decision->action == ACTION_FAIL) {
		p->what = PLAN_CANCEL;
		return 0;
	}
	if (in->decision->action == ACTION_HOLD)
		p->what = pending ? PLAN_HOLD : PLAN_REQUEUE_HELD;
	else
		p->what = pending ? PLAN_ADJUST : PLAN_REQUEUE;
	p->begin_time = start_at(in);
	p->maybe_sooner = in->decision->action != ACTION_HOLD &&
			  p->begin_time > in->now + PLAN_MIN_DELAY &&
			  p->begin_time > in->now + in->decision->delay_s;
	if (exclude_list(in, &p->exc_nodes, err) < 0)
		return -1;
	if (p->what == PLAN_ADJUST && !p->begin_time && !p->exc_nodes)
		return leave(p, "nothing is to be changed");
	return 0;
}

void plan_fini(struct plan *p)
{
	free(p->exc_nodes);
	p->exc_nodes = NULL;
}

void plan_line(const struct plan *p, char out[256])
{
	static const char *const words[] = {
		[PLAN_NOTHING]      = "nothing",
		[PLAN_REQUEUE]      = "requeue",
		[PLAN_REQUEUE_HELD] = "requeue held",
		[PLAN_HOLD]         = "hold",
		[PLAN_CANCEL]       = "cancel",
		[PLAN_ADJUST]       = "adjust",
	};
	char exclude[128] = "", start[64] = "";
	time_t at = (time_t)p->begin_time;
	struct tm tm;

	if (p->exc_nodes)
		snprintf(exclude, sizeof(exclude), ", exclude %s",
			 p->exc_nodes[0] ? p->exc_nodes : "nobody");
	if (at && p->what != PLAN_HOLD && p->what != PLAN_REQUEUE_HELD &&
	    gmtime_r(&at, &tm))
		strftime(start, sizeof(start), p->maybe_sooner ?
			 ", start by %FT%TZ" :
			 ", start at %FT%TZ", &tm);
	snprintf(out, 256, "%s%s%s%s%s", words[p->what], exclude, start,
		 p->what == PLAN_NOTHING ? ": " : "",
		 p->what == PLAN_NOTHING ? p->why_not : "");
}
