/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.c - cause + history + policy → one action; pure
 *
 * First the rule that matches says what it wants.  Then the limits may end the
 * run instead.  Last comes what cannot be: a job that Slurm does not requeue
 * is neither started again nor held, whatever rule or limit asks for it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "decide/limits.h"
#include "decide/suspects.h"

/* ---- the rule ---- */

static bool has_status(const struct rule *r, int status)
{
	if (!r->n_codes)
		return true;
	for (unsigned i = 0; i < r->n_codes; i++)
		if (status >= r->codes[i].from && status <= r->codes[i].to)
			return true;
	return false;
}

static const struct rule *match(const struct question *q)
{
	const struct policy *p = q->policy;

	for (unsigned i = 0; i < p->n_rules; i++)
		if (p->rules[i].on & 1u << q->now.cause &&
		    has_status(&p->rules[i], q->now.exit_code))
			return &p->rules[i];
	return NULL;
}

static bool starts_again(enum action a)
{
	return a == ACTION_RETRY || a == ACTION_FAILOVER ||
	       a == ACTION_RESTORE;
}

/* ---- in words ---- */

static const char *action_phrase(const struct question *q, enum action a)
{
	static const char *const phrases[] = {
		[ACTION_NONE]     = "do nothing",
		[ACTION_RETRY]    = "run again what is unfinished",
		[ACTION_FAILOVER] = "run again what is unfinished, without "
				    "the suspects",
		[ACTION_RESTORE]  = "start again from the newest good "
				    "checkpoint",
		[ACTION_HOLD]     = "hold the job for a person",
		[ACTION_FAIL]     = "let the job end",
	};

	if (a == ACTION_RESTORE && !q->checkpoint_any)
		return "start again from the beginning, for there is no "
		       "checkpoint";
	return phrases[a];
}

static void say(const struct question *q, struct decision *d, const char *why)
{
	snprintf(d->reason, sizeof(d->reason), "%s; %s: %s",
		 cause_sentence(q->now.cause), why,
		 action_phrase(q, d->action));
}

static void say_burst(const struct question *q, struct decision *d,
		      unsigned burst)
{
	char why[WHY_SIZE], window[16], wait[16];

	clock_span(q->policy->burst.within_s, window);
	clock_span((double)d->delay_s, wait);
	snprintf(why, sizeof(why), "%u attempts that do not count within %s, "
		 "so after %s", burst, window, wait);
	say(q, d, why);
}

/* ---- the decision ---- */

static void do_nothing(const struct question *q, struct decision *d)
{
	d->action = ACTION_NONE;
	d->attempts_left = -1;
	snprintf(d->rule, sizeof(d->rule), "%s", q->policy->preset);
	snprintf(d->reason, sizeof(d->reason),
		 "%s; policy '%s' does nothing about that",
		 cause_sentence(q->now.cause), q->policy->preset);
}

static void follow(const struct question *q, const struct rule *rule,
		   struct decision *d)
{
	char why[WHY_SIZE];
	unsigned burst;

	snprintf(d->rule, sizeof(d->rule), "%s", rule->name);
	snprintf(why, sizeof(why), "rule '%s' says", rule->name);
	d->action = rule->action;
	if (!starts_again(d->action)) {
		say(q, d, why);
		return;
	}
	d->delay_s = limits_delay(q, rule, &burst);
	d->slurm_delay = rule->slurm_delay && !burst;
	if (burst)
		say_burst(q, d, burst);
	else
		say(q, d, why);
}

static void give_up(const struct question *q, const struct reached *r,
		    struct decision *d)
{
	d->action = r->action;
	snprintf(d->rule, sizeof(d->rule), "%s", r->name);
	say(q, d, r->why);
}

static void refuse_requeue(const struct question *q, struct decision *d)
{
	d->action = ACTION_NONE;
	d->slurm_delay = false;
	d->delay_s = 0;
	snprintf(d->reason, sizeof(d->reason),
		 "%s; this job may not be requeued (sbatch --requeue)",
		 cause_sentence(q->now.cause));
}

static void decide_by(const struct question *q, const struct rule *rule,
		      struct decision *d)
{
	struct reached r;

	d->counts = rule->counts;
	d->attempts_left = limits_left(q, rule);
	if (starts_again(rule->action) && limits_reached(q, rule, &r))
		give_up(q, &r, d);
	else
		follow(q, rule, d);
	if (!q->may_requeue &&
	    (starts_again(d->action) || d->action == ACTION_HOLD))
		refuse_requeue(q, d);
}

int decide(const struct question *q, struct decision *d,
	   struct belay_error *err)
{
	const struct rule *rule = match(q);
	struct decision made = { 0 };

	if (rule)
		decide_by(q, rule, &made);
	else
		do_nothing(q, &made);
	if (suspects_leave_out(q, &made, err) < 0)
		return -1;
	*d = made;
	return 0;
}

void decision_fini(struct decision *d)
{
	free(d->left_out);
	*d = (struct decision){ 0 };
}
