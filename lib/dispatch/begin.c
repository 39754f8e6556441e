/* SPDX-License-Identifier: Apache-2.0 */
/*
 * begin.c - open the next attempt, and fence the one before
 *
 * The order is the point:
 *
 *	claim	the number, if whoever has begun is not at work any more (see
 *		claim.c): from now on the attempt before is fenced
 *	inquest	into how that one ended, if nobody has held it yet
 *	heed	what was decided: it may be that this attempt must not be
 *	wait	until a writer that had not seen the claim has stopped
 *	cut	what the attempt before has left, once and for all
 *	index	the job's: whatever has begun is found by its epilog
 *	begin	published, and with it the cut, unless another that wants the
 *		run has made the number void meanwhile
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "chunk/state.h"
#include "dispatch/act.h"
#include "dispatch/handover.h"
#include "dispatch/offer.h"
#include "dispatch/opening.h"
#include "dispatch/settings.h"
#include "journal/journal.h"

/* A writer acknowledges after it has looked for a newer attempt: this is how
 * long its look may lie back. */
#define QUIET_MS 2000

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
		return err_remedy(err, "--belay-root=DIR names another place");
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
	opening_ask(o);
	if (o->job_known && o->fresh && !o->job.requeue_allowed &&
	    strcmp(o->policy.preset, "none"))
		buf_printf(o->say, "this job may not be requeued, so belay can "
			   "only record; submit it with --requeue\n");
}

/* Who begins: that is said in what is made void, too. */
static int describe(struct opening *o, struct belay_error *err)
{
	const struct moment *m = o->m;
	struct begin *b = &o->begin;

	run_begin_self(b);
	text_format(b->job, sizeof(b->job), "%s", m->job);
	b->job_id = m->job_id;
	memcpy(b->submission, m->hint.submission, sizeof(b->submission));
	b->restart = m->restart;
	b->nodes = strdup(m->nodes);
	text_format(b->batch_host, sizeof(b->batch_host), "%s", m->node);
	b->begin_us = clock_wall_us();
	return b->nodes ? 0 : err_nomem(err);
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
	const struct attempt *a = opening_previous(o);

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

/* Whoever recorded its own end had stopped writing before; of other nodes than
 * its own it knows nothing, and one of them may be cut off. */
static bool has_stopped(const struct attempt *a)
{
	return !strcmp(a->end->by, "end") &&
	       !strcmp(a->begin->nodes, a->begin->batch_host);
}

static void wait_for_quiet(const struct opening *o)
{
	const struct attempt *a = opening_previous(o);
	int64_t spent = (clock_mono_ns() - o->claimed_ns) / 1000000;

	if (a && !has_stopped(a) && spent < QUIET_MS)
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
	/* to start it over would lose what is there, to hold it needs more than
	 * a disk that does not answer now */
	if (restore && found.unread && !found.id)
		return err_set(err, BELAY_EFAILED, "no checkpoint of run '%s' "
			       "can be read now", o->run->name);
	if (restore && found.all_damaged && !o->let_go)
		return opening_stop(o, &hold, err);
	return 0;
}

static void count_done(struct opening *o)
{
	struct belay_error why;
	struct chunk_state *chunks = chunk_state_load(o->run, &why);
	uint64_t n[5], total;

	if (!chunks) {
		buf_printf(o->say, "how many chunks are done cannot be known "
			   "now: %s\n", why.text);
		return;
	}
	chunk_totals(chunks, n, &total);
	o->begin.chunks_done = n[CHUNK_DONE];
	chunk_state_free(chunks);
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
	int rc;

	if (run_index_job(o->run, o->m->root, o->m->job_id, o->number, err) < 0)
		return -1;
	rc = run_publish_begin(o->run, o->number, &o->begin, err);
	if (rc < 0 || (rc == 0 && opening_heed_void(o, err) < 0) ||
	    run_check_fence(o->run, o->number, err) < 0 ||
	    run_reload(o->run, err) < 0)
		return -1;
	/* another may have begun just now, and its records do not belong there */
	if (o->begin.chunks_done && run_newest_number(o->run) == o->number)
		take_snapshot(o);
	return 0;
}

static int begin_attempt(struct opening *o, struct belay_error *err)
{
	struct begin *b = &o->begin;

	b->begin_us = clock_wall_us();
	b->start_time = o->job_known ? o->job.start_time : 0;
	text_format(b->action, sizeof(b->action), "%s", action_of(o));
	settings_of_policy(&o->policy, o->run, o->m->nodes, &b->settings);
	wait_for_quiet(o);
	if (journal_cut(o->run, o->number, b, err) < 0 ||
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
	if (describe(o, err) < 0 || opening_claim(o, err) < 0 ||
	    opening_heed_previous(o, err) < 0)
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
		.previous = opening_previous(o),
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
	free(o->nodes);
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
