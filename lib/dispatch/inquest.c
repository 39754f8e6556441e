/* SPDX-License-Identifier: Apache-2.0 */
/* inquest.c - why an attempt ended, and what follows */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "dispatch/blame.h"
#include "dispatch/history.h"
#include "dispatch/inquest.h"
#include "dispatch/oom.h"
#include "dispatch/stored.h"

struct attempt *inquest_attempt(const struct inquest *q)
{
	return run_attempt(q->run, q->attempt);
}

void inquest_drop_job(struct inquest *q)
{
	if (q->job_known)
		job_view_free(&q->job);
	q->job_known = false;
}

void inquest_fini(struct inquest *q)
{
	inquest_drop_job(q);
	free(q->nodes);
	q->nodes = NULL;
	q->n_nodes = 0;
}

int inquest_refuse_late(unsigned attempt, struct belay_error *err)
{
	return err_set(err, BELAY_EFENCED, "attempt %u does not count: a later "
		       "one had begun without it", attempt);
}

/* What another has published may show that the attempt came late. */
static int still_counts(const struct inquest *q, struct belay_error *err)
{
	const struct attempt *a = inquest_attempt(q);

	return a && a->begin ? 0 : inquest_refuse_late(q->attempt, err);
}

static int look_again(struct inquest *q, struct belay_error *err)
{
	return run_reload(q->run, err) < 0 ? -1 : still_counts(q, err);
}

/* ---- the cause ---- */

static void add_job(const struct inquest *q, struct evidence *e)
{
	const struct job_view *j = &q->job;

	e->job_known = true;
	e->state = j->state;
	e->completing = j->completing;
	e->requeue_pending = j->state == JOB_STATE_PENDING;
	e->restart_now = j->restart;
	e->preempt_time = j->preempt_time;
	memcpy(e->failed_node, j->failed_node, sizeof(e->failed_node));
}

/* As long as Slurm has a job running none of its nodes is down, for then it
 * would have ended the job; and most states say themselves what happened. */
static bool nodes_would_tell(const struct evidence *e)
{
	return !e->seen_end || e->requeue_pending ||
	       e->state == JOB_STATE_NODE_FAIL;
}

static int ask_about_nodes(struct inquest *q, const struct begin *b,
			   struct evidence *e, struct belay_error *err)
{
	if (!nodes_would_tell(e) || !b->nodes || !b->nodes[0])
		return 0;
	if (!q->nodes &&
	    q->sched->load_nodes(q->sched->state, b->nodes,
				 b->begin_us / 1000000, &q->nodes, &q->n_nodes,
				 err) < 0)
		return q->needs_slurm ? -1 : 0;
	e->nodes = q->nodes;
	e->n_nodes = q->n_nodes;
	return 0;
}

static int gather(struct inquest *q, struct evidence *e,
		  struct belay_error *err)
{
	const struct begin *b = inquest_attempt(q)->begin;

	*e = (struct evidence){
		.seen_end = q->seen_end,
		.wait_status = q->moment->wait_status,
		.oom_kill = q->seen_end && oom_counted_here(),
		.later_attempt = q->later_attempt,
		.restart_then = b->restart,
	};
	memcpy(e->batch_host, b->batch_host, sizeof(e->batch_host));
	if (!q->job_known)
		return 0;
	add_job(q, e);
	return ask_about_nodes(q, b, e, err);
}

static int publish_end(const struct inquest *q, struct verdict *v,
		       struct belay_error *err)
{
	_auto_buf_ struct buf suspects = { 0 };
	char none[] = "";
	struct end end = {
		.end_us = clock_wall_us(),
		.exit_code = v->exit_code,
		.signal = v->signal,
		.evidence = v->lines,
		.n_evidence = v->n_lines,
	};

	hosts_format(&v->suspects, &suspects);
	if (suspects.failed)
		return err_nomem(err);
	end.suspects = suspects.data ? suspects.data : none;
	text_format(end.by, sizeof(end.by), "%s", q->by);
	text_format(end.host, sizeof(end.host), "%s", q->moment->node);
	text_format(end.cause, sizeof(end.cause), "%s", cause_word(v->cause));
	return run_publish_end(q->run, q->attempt, &end, err);
}

static int find_cause(struct inquest *q, struct belay_error *err)
{
	struct verdict v = { 0 };
	struct evidence e;
	int rc;

	if (gather(q, &e, err) < 0 || cause_of(&e, &v, err) < 0)
		return -1;
	rc = blame_reported(q->run, q->attempt, &v, err);
	if (rc == 0)
		rc = publish_end(q, &v, err);
	verdict_free(&v);
	return rc < 0 ? -1 : look_again(q, err);
}

/* ---- the decision ---- */

static int publish_decision(const struct inquest *q, const char *policy,
			    const struct decision *d, struct belay_error *err)
{
	struct decided out = {
		.decided_us = clock_wall_us(),
		.counts = d->counts,
		.delay_s = d->slurm_delay ? DELAY_SLURM : d->delay_s,
		.attempts_left = d->attempts_left,
		.exclude = calloc(d->n_left_out + 1, sizeof(*out.exclude)),
		.n_exclude = d->n_left_out,
	};
	int rc;

	if (!out.exclude)
		return err_nomem(err);
	text_format(out.by, sizeof(out.by), "%s", q->by);
	text_format(out.host, sizeof(out.host), "%s", q->moment->node);
	text_format(out.action, sizeof(out.action), "%s",
		    action_word(d->action));
	memcpy(out.rule, d->rule, sizeof(out.rule));
	memcpy(out.reason, d->reason, sizeof(out.reason));
	text_format(out.policy, sizeof(out.policy), "%s", policy);
	for (unsigned i = 0; i < d->n_left_out; i++) {
		memcpy(out.exclude[i].node, d->left_out[i].node,
		       sizeof(out.exclude[i].node));
		out.exclude[i].until_us = d->left_out[i].until_us;
	}
	rc = run_publish_decision(q->run, q->attempt, &out, err);
	free(out.exclude);
	return rc;
}

/* From what was published, not from what this process has seen. */
static int read_verdict(const struct end *end, struct verdict *v,
			struct belay_error *err)
{
	*v = (struct verdict){
		.cause = cause_of_word(end->cause),
		.exit_code = end->exit_code,
		.signal = end->signal,
	};
	return hosts_parse(&v->suspects, end->suspects, err);
}

/* Its preset has decided, and who asks why shall know. */
static void admit_unread(const char *preset, struct decision *d)
{
	char reason[sizeof(d->reason)];

	snprintf(reason, sizeof(reason), "the policy cannot be read, '%s' is "
		 "in its place; %.*s", preset, (int)sizeof(reason) - 100,
		 d->reason);
	memcpy(d->reason, reason, sizeof(reason));
}

static int find_decision(struct inquest *q, struct belay_error *err)
{
	const struct hint *h = &q->moment->hint;
	struct history history = { 0 };
	struct decision d = { 0 };
	struct verdict v = { 0 };
	struct policy policy;
	struct question question;
	bool unread;
	int rc;

	rc = moment_policy(q->moment, &policy, err);
	unread = rc == 1;
	if (rc >= 0)
		rc = read_verdict(inquest_attempt(q)->end, &v, err);
	if (rc >= 0)
		rc = history_read(q->run, q->attempt, &history, err);
	if (rc >= 0) {
		question = history_question(&history);
		question.policy = &policy;
		question.verdict = &v;
		question.may_requeue = !q->job_known || q->job.requeue_allowed;
		question.now_us = clock_wall_us();
		rc = decide(&question, &d, err);
	}
	if (rc >= 0 && unread)
		admit_unread(policy.preset, &d);
	if (rc >= 0)
		rc = publish_decision(q, unread || !h->policy[0] ?
				      h->preset : h->policy, &d, err);
	decision_fini(&d);
	history_fini(&history);
	verdict_free(&v);
	return rc < 0 ? -1 : look_again(q, err);
}

/* ---- both ---- */

int inquest_hold(struct inquest *q, struct belay_error *err)
{
	const struct attempt *a = inquest_attempt(q);

	if (still_counts(q, err) < 0)
		return -1;
	/* what this call does not publish, and sync, somebody else has */
	if (a->end && a->decided && run_settle(q->run, q->attempt, err) < 0)
		return -1;
	if (!inquest_attempt(q)->end && find_cause(q, err) < 0)
		return err_prefix(err, "attempt %u", q->attempt);
	if (!inquest_attempt(q)->decided && find_decision(q, err) < 0)
		return err_prefix(err, "attempt %u", q->attempt);
	return 0;
}

int moment_policy(const struct moment *m, struct policy *p,
		  struct belay_error *err)
{
	const char *id = m->hint.policy;

	if (!id[0])
		return policy_preset(m->hint.preset, p, err);
	if (stored_policy(m->root, m->cluster, id, p, err) == 0)
		return 0;
	return policy_preset(m->hint.preset, p, NULL) < 0 ? -1 : 1;
}
