/* SPDX-License-Identifier: Apache-2.0 */
/*
 * begin.c - open the next attempt, and fence the one before
 *
 * The order is the point:
 *
 *	claim	the number: from now on the attempt before is fenced
 *	inquest	into how that one ended, if nobody has held it yet
 *	heed	what was decided: it may be that this attempt must not be
 *	wait	until a writer that had not seen the claim has stopped
 *	cut	what the attempt before has left, once and for all
 *	begin	published, and with it the cut
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "chunk/state.h"
#include "dispatch/act.h"
#include "dispatch/handover.h"
#include "dispatch/offer.h"
#include "journal/journal.h"

/* A writer acknowledges after it has looked for a newer attempt: this is how
 * long its look may lie back. */
#define QUIET_MS 2000

struct opening {
	const struct moment *m;
	const struct sched *s;
	struct buf *say;
	struct run *run;
	struct policy policy;
	struct job_view job, other;	/* ours; of the run's last attempt */
	bool job_known, other_known, fresh;
	unsigned number, previous;	/* previous 0: this is the first */
	int64_t claimed_ns;
	bool let_go;	/* it was stopped, and a person lets it go on */
	struct begin begin;
};

static struct attempt *previous_of(const struct opening *o)
{
	return o->previous ? run_attempt(o->run, o->previous) : NULL;
}

/* ---- the run ---- */

static int take_policy(struct opening *o, struct belay_error *err)
{
	int rc = moment_policy(o->m, &o->policy, err);

	if (rc == 1)
		buf_printf(o->say, "the policy cannot be read, '%s' is in its "
			   "place: %s\n", o->policy.preset, err->text);
	return rc < 0 ? -1 : 0;
}

static int open_run(struct opening *o, struct belay_error *err)
{
	const struct moment *m = o->m;
	struct run_spec spec = {
		.root = m->root,
		.cluster = m->cluster,
		.name = m->run_name,
		.submission = m->hint.submission,
		.preset = m->hint.preset,
		.policy = m->hint.policy,
		.work_dir = m->work_dir,
		.join = m->join,
	};
	bool renamed;

	o->run = run_create(&spec, &o->fresh, &renamed, err);
	if (!o->run)
		return -1;
	if (renamed && o->fresh)
		buf_printf(o->say, "run '%s' is another submission's; this one "
			   "is '%s'\n", m->run_name, o->run->name);
	if (o->fresh && m->restart)
		buf_printf(o->say, "this is restart %u, but run '%s' has no "
			   "history: it is missing\n", m->restart,
			   o->run->name);
	return 0;
}

/* What slurmctld does not tell now is unknown; the job starts all the same. */
static void look_up(struct opening *o)
{
	const struct sched *s = o->s;

	o->job_known = s->load_job(s->state, o->m->job_id, &o->job, NULL) == 0;
	if (o->job_known && o->fresh && !o->job.requeue_allowed &&
	    strcmp(o->policy.preset, "none"))
		buf_printf(o->say, "this job may not be requeued, so belay can "
			   "only record; submit it with --requeue\n");
}

/* ---- whose run it is ---- */

static bool is_live(const struct job_view *j)
{
	return j->completing || j->state == JOB_STATE_PENDING ||
	       j->state == JOB_STATE_RUNNING ||
	       j->state == JOB_STATE_SUSPENDED;
}

static int yield_to(struct opening *o, const struct begin *b,
		    struct belay_error *err)
{
	const struct sched *s = o->s;

	if (!o->job_known ||
	    s->requeue(s->state, o->job.record, true, NULL) < 0)
		return err_set(err, BELAY_EBUSY, "run '%s' is held by job %s",
			       o->run->name, b->job);
	return err_set(err, BELAY_EBUSY, "run '%s' is held by job %s; this job "
		       "is requeued and held until 'scontrol release %s'",
		       o->run->name, b->job, o->job.record);
}

/* The last attempt may be of another job, or of none, that still works. */
static int check_holder(struct opening *o, struct belay_error *err)
{
	const struct attempt *a = run_newest(o->run);
	const struct sched *s = o->s;

	if (!a || a->end || a->begin->job_id == o->m->job_id)
		return 0;
	if (!a->begin->job_id)
		return run_begin_alive(a->begin) == 1 ?
			yield_to(o, a->begin, err) : 0;
	o->other_known = s->load_job(s->state, a->begin->job_id, &o->other,
				     err) == 0;
	if (!o->other_known && err->sys == EAGAIN)
		return err_prefix(err, "run '%s' may be held by job %s",
				  o->run->name, a->begin->job);
	if (o->other_known && is_live(&o->other))
		return yield_to(o, a->begin, err);
	return 0;
}

/* ---- the attempt before ---- */

static int claim(struct opening *o, struct belay_error *err)
{
	const struct attempt *a;

	o->number = run_claim(o->run, err);
	o->claimed_ns = clock_mono_ns();
	if (!o->number || run_reload(o->run, err) < 0)
		return -1;
	a = run_newest(o->run);
	o->previous = a ? a->number : 0;
	return run_check_fence(o->run, o->number, err);
}

static void tell_missed(struct opening *o, const struct begin *before)
{
	unsigned missed = o->m->restart - before->restart - 1;

	if (before->job_id == o->m->job_id && o->m->restart > before->restart &&
	    missed)
		buf_printf(o->say, "%u start%s of this job since attempt %u "
			   "never got as far as belay\n", missed,
			   missed > 1 ? "s" : "", o->previous);
}

/* The inquest about o->previous, with the view of the job that it was of. */
static struct inquest inquest_of(const struct opening *o)
{
	const struct begin *b = previous_of(o)->begin;
	bool ours = b->job_id == o->m->job_id;

	return (struct inquest){
		.moment = o->m,
		.sched = o->s,
		.by = "begin",
		.run = o->run,
		.attempt = o->previous,
		.job = ours ? o->job : o->other,
		.job_known = ours ? o->job_known : o->other_known,
		.later_attempt = true,
	};
}

/*
 * The job is ours now, whoever's the attempt was.  To let a job end that has
 * been started again means to cancel it, as it does while it is pending.
 */
static int stop(struct opening *o, const struct decision *d,
		struct belay_error *err)
{
	const struct decided *stands = previous_of(o)->decided;
	struct inquest q = inquest_of(o);
	struct act act = { &q, o->number, clock_wall_us() / 1000000, false };

	q.job = o->job;
	if (!d && action_of_word(stands->action) == ACTION_FAIL)
		q.job.state = JOB_STATE_PENDING;
	if (o->job_known && (d ? act_on(&act, d, NULL, err)
			       : act_carry_out(&act, NULL, err)) < 0)
		return -1;
	return err_set(err, BELAY_EFAILED, "attempt %u is not to be followed "
		       "by another: %s", o->previous,
		       d ? d->reason : stands->reason);
}

static int heed_previous(struct opening *o, struct belay_error *err)
{
	struct inquest q;
	int action, rc;

	if (!o->previous)
		return 0;
	tell_missed(o, previous_of(o)->begin);
	q = inquest_of(o);
	rc = inquest_hold(&q, err);
	free(q.nodes);		/* the job's view is the opening's */
	if (rc < 0)
		return -1;
	action = action_of_word(previous_of(o)->decided->action);
	if (action != ACTION_HOLD && action != ACTION_FAIL)
		return 0;
	o->let_go = act_was_done(o->run, o->previous);
	return o->let_go ? 0 : stop(o, NULL, err);
}

/* ---- this attempt ---- */

/* What a run goes on with that was stopped, or that Slurm started again by
 * itself: what its policy says about a job that a person requeues. */
static enum action action_of_policy(const struct policy *p)
{
	for (unsigned i = 0; i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];

		if (!(rule->on & (1u << CAUSE_REQUEUED)) || rule->n_codes)
			continue;
		if (rule->action == ACTION_FAILOVER ||
		    rule->action == ACTION_RESTORE)
			return rule->action;
		break;
	}
	return ACTION_RETRY;
}

static const char *action_of(const struct opening *o)
{
	const struct attempt *a = previous_of(o);

	if (!a)
		return "start";
	if (act_restarts(a))
		return a->decided->action;
	return action_word(action_of_policy(&o->policy));
}

static bool wants_checkpoint(const char *action)
{
	return !strcmp(action, action_word(ACTION_RESTORE)) ||
	       !strcmp(action, action_word(ACTION_FAILOVER));
}

/* Whoever recorded its own end had stopped writing before. */
static void wait_for_quiet(const struct opening *o)
{
	const struct attempt *a = previous_of(o);
	int64_t spent = (clock_mono_ns() - o->claimed_ns) / 1000000;

	if (a && strcmp(a->end->by, "end") && spent < QUIET_MS)
		clock_sleep_ms((int)(QUIET_MS - spent));
}

static int offer(struct opening *o, struct belay_error *err)
{
	struct begin *b = &o->begin;
	bool restore = !strcmp(b->action, action_word(ACTION_RESTORE));
	struct decision hold = { .action = ACTION_HOLD,
				 .reason = "every checkpoint is damaged" };
	struct offer found;

	if (offer_find(o->run, wants_checkpoint(b->action), &found, o->say,
		       err) < 0)
		return -1;
	b->checkpoint = found.id;
	b->checkpoints = found.ids;
	b->n_checkpoints = found.n_ids;
	if (restore && found.all_damaged && !o->let_go)
		return stop(o, &hold, err);
	return 0;
}

static void count_done(struct opening *o)
{
	struct chunk_state *chunks = chunk_state_load(o->run, NULL);
	uint64_t n[5], total;

	if (!chunks)
		return;
	chunk_totals(chunks, n, &total);
	o->begin.chunks_done = n[CHUNK_DONE];
	chunk_state_free(chunks);
}

static int describe(struct opening *o, struct belay_error *err)
{
	const struct moment *m = o->m;
	struct begin *b = &o->begin;

	run_begin_self(b);
	text_format(b->job, sizeof(b->job), "%s", m->job);
	b->job_id = m->job_id;
	b->restart = m->restart;
	b->start_time = o->job_known ? o->job.start_time : 0;
	b->nodes = strdup(m->nodes);
	text_format(b->batch_host, sizeof(b->batch_host), "%s", m->node);
	b->begin_us = clock_wall_us();
	text_format(b->action, sizeof(b->action), "%s", action_of(o));
	return b->nodes ? 0 : err_nomem(err);
}

/* A copy of what the journals say, so that the next begin reads less; it holds
 * just what the cut believes, which stands only now. */
static void take_snapshot(struct opening *o)
{
	struct chunk_state *chunks = chunk_state_load(o->run, NULL);

	if (chunks && chunks->sets)
		chunk_snapshot_write(o->run, o->number, chunks, NULL);
	chunk_state_free(chunks);
}

static int publish(struct opening *o, struct belay_error *err)
{
	if (run_publish_begin(o->run, o->number, &o->begin, err) < 0 ||
	    run_index_job(o->run, o->m->root, o->m->job_id, o->number,
			  err) < 0 ||
	    run_reload(o->run, err) < 0)
		return -1;
	if (o->begin.chunks_done)
		take_snapshot(o);
	return 0;
}

static int begin_attempt(struct opening *o, struct belay_error *err)
{
	if (describe(o, err) < 0)
		return -1;
	wait_for_quiet(o);
	if (journal_cut(o->run, o->number, &o->begin, err) < 0 ||
	    offer(o, err) < 0)
		return -1;
	count_done(o);
	return publish(o, err);
}

/* ---- all of it ---- */

static int open_attempt(struct opening *o, struct belay_error *err)
{
	if (take_policy(o, err) < 0 || open_run(o, err) < 0)
		return -1;
	look_up(o);
	if (check_holder(o, err) < 0 || claim(o, err) < 0 ||
	    heed_previous(o, err) < 0)
		return -1;
	return begin_attempt(o, err);
}

static int hand_over(const struct opening *o, struct buf *env,
		     struct belay_error *err)
{
	struct handover h = {
		.run = o->run,
		.root = o->m->root,
		.attempt = o->number,
		.begin = &o->begin,
		.previous = previous_of(o),
		.attempts_max = o->policy.attempts_max,
	};

	return handover_write(&h, env, err);
}

static void close_opening(struct opening *o)
{
	if (o->job_known)
		job_view_free(&o->job);
	if (o->other_known)
		job_view_free(&o->other);
	free(o->begin.nodes);
	free(o->begin.cut);
	free(o->begin.checkpoints);
	run_close(o->run);
}

int dispatch_begin(const struct moment *m, const struct sched *s,
		   struct buf *env, struct buf *say, struct belay_error *err)
{
	struct opening o = { .m = m, .s = s, .say = say };
	int rc = open_attempt(&o, err);

	if (rc == 0)
		rc = hand_over(&o, env, err);
	close_opening(&o);
	return rc;
}
