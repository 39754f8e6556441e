/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - what ends a run that its rules would start again, or slows it */

#include <stdio.h>
#include <string.h>

#include "decide/limits.h"

/* ---- counting ---- */

/* Attempts that count against attempts.max, this one included.  So do those of
 * which nothing is known: a job whose records are lost at each start, say with a
 * root that is not shared, would else be started for ever as its first attempt. */
static int counted(const struct question *q, const struct rule *rule)
{
	int n = rule->counts + (int)q->lost;

	for (unsigned i = 0; i < q->n_past; i++)
		n += q->past[i].counts;
	return n;
}

static int uses(const struct question *q, const struct rule *rule)
{
	int n = 0;

	for (unsigned i = 0; i < q->n_past; i++)
		n += !strcmp(q->past[i].rule, rule->name);
	return n;
}

/* Counted attempts in a row without progress, up to this one.  Those that do
 * not count neither add to it nor end it, unless they made progress. */
static int without_progress(const struct question *q, const struct rule *rule)
{
	int n = rule->counts;

	if (q->now.progress)
		return 0;
	for (unsigned i = q->n_past; i-- && !q->past[i].progress;)
		n += q->past[i].counts;
	return n;
}

/* Counted failures since progress was last made, this one not counted. */
static int failures_before(const struct question *q)
{
	int n = 0;

	if (q->now.progress)
		return 0;
	for (unsigned i = q->n_past; i--;) {
		n += q->past[i].counts;
		if (q->past[i].progress)
			break;
	}
	return n;
}

/* ---- the limits ---- */

static bool rule_max(const struct question *q, const struct rule *rule,
		     struct reached *r)
{
	snprintf(r->name, sizeof(r->name), "%s: max", rule->name);
	snprintf(r->why, WHY_SIZE, "rule '%s' was followed %d times, its max",
		 rule->name, rule->max);
	return rule->max >= 0 && uses(q, rule) >= rule->max;
}

static bool attempts_max(const struct question *q, const struct rule *rule,
			 struct reached *r)
{
	int n = counted(q, rule), max = q->policy->attempts_max;
	char since[64] = "";

	if (q->lost)
		snprintf(since, sizeof(since), ", %u of which left no records",
			 q->lost);
	if (q->resumed)
		snprintf(since, sizeof(since), ", counted since a person let "
			 "attempt %u be followed", q->resumed);
	snprintf(r->name, sizeof(r->name), "attempts.max");
	snprintf(r->why, WHY_SIZE, "%d of %d attempts are used up%s", n, max,
		 since);
	return n >= max;
}

static bool no_progress(const struct question *q, const struct rule *rule,
			struct reached *r)
{
	int n = without_progress(q, rule);

	snprintf(r->name, sizeof(r->name), "attempts.without_progress");
	snprintf(r->why, WHY_SIZE, "%d attempts in a row made no progress", n);
	return q->ever_progress && n >= q->policy->without_progress;
}

static bool ceiling(const struct question *q, const struct rule *rule,
		    struct reached *r)
{
	(void)rule;
	snprintf(r->name, sizeof(r->name), "ceiling");
	snprintf(r->why, WHY_SIZE, "%u attempts are the most that any run has",
		 q->n_past + 1);
	return q->n_past + 1 >= LIMIT_ATTEMPTS;
}

/* Not the owner's give_up: what is left of the work is for a person to see. */
static bool damaged(const struct question *q, const struct rule *rule,
		    struct reached *r)
{
	snprintf(r->name, sizeof(r->name), "checkpoints");
	snprintf(r->why, WHY_SIZE, "every checkpoint is damaged");
	r->action = ACTION_HOLD;
	return rule->action == ACTION_RESTORE && q->checkpoint_any &&
	       !q->checkpoint_good;
}

bool limits_reached(const struct question *q, const struct rule *rule,
		    struct reached *r)
{
	static bool (*const limits[])(const struct question *,
				      const struct rule *, struct reached *) = {
		rule_max, attempts_max, no_progress, ceiling, damaged,
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		r->action = q->policy->give_up;
		if (limits[i](q, rule, r))
			return true;
	}
	return false;
}

int limits_left(const struct question *q, const struct rule *rule)
{
	int left = q->policy->attempts_max - counted(q, rule);
	int most = LIMIT_ATTEMPTS - (int)q->n_past - 1;

	if (left > most)
		left = most;
	return left > 0 ? left : 0;
}

/* ---- the delay ---- */

static double backoff(const struct policy *p, int k)
{
	double s = p->backoff_initial_s;

	while (k-- > 0)
		s *= p->backoff_factor;
	return s < p->backoff_max_s ? s : p->backoff_max_s;
}

/* Uncounted attempts that ended within the window, this one included. */
static unsigned uncounted(const struct question *q)
{
	int64_t since = q->now_us -
			(int64_t)(q->policy->burst.within_s * 1000000);
	unsigned n = 1;

	for (unsigned i = 0; i < q->n_past; i++)
		n += !q->past[i].counts && q->past[i].end_us > since;
	return n;
}

int64_t limits_delay(const struct question *q, const struct rule *rule,
		     unsigned *burst)
{
	const struct policy *p = q->policy;
	double s = 0;

	*burst = 0;
	if (rule->counts) {
		s = backoff(p, failures_before(q));
	} else if (uncounted(q) > p->burst.n) {
		*burst = uncounted(q);
		s = p->backoff_max_s;
	}
	return (int64_t)s + (s > (double)(int64_t)s);
}
