/* SPDX-License-Identifier: Apache-2.0 */
/* test_histories.c - every run stops, whatever its policy and its luck */

#include <stdio.h>
#include <string.h>

#include "decide/decide.h"
#include "tests/support/test.h"

#define HISTORIES 100000
#define CEILING 1000
#define S INT64_C(1000000)

/* Causes that always end a run. */
#define FINAL								\
	(1u << CAUSE_COMPLETED | 1u << CAUSE_CANCELLED | 1u << CAUSE_DEADLINE)

static struct belay_error err;

/* ---- luck ---- */

static uint64_t seed = 88172645463325252u;	/* xorshift64 */

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* Any rule that a file could hold. */
static void random_rule(unsigned i, struct rule *r)
{
	*r = (struct rule){
		.on = (uint32_t)(seed >> 16) & ~FINAL,
		.action = below(8) ? 1 + below(3) : below(ACTION_COUNT),
		.max = below(2) ? -1 : (int)below(20) + 1,
		.counts = below(4),
		.n_codes = !below(4),
		.codes = { { 0, (uint8_t)below(256) } },
	};
	snprintf(r->name, sizeof(r->name), "rule %u", i);
}

/* One in many has no bound but the ceiling: nothing of it counts. */
static void random_policy(struct policy *p)
{
	bool lenient = !below(2000);

	assert_ok(policy_preset(policy_presets[1 + below(3)], p, &err), &err);
	p->attempts_max = (int)(below(10) ? below(12) : below(1000)) + 1;
	p->without_progress = (int)below(8) + 1;
	p->burst = (struct policy_rate){ 1 + below(9), 1 + below(9999) };
	p->backoff_initial_s = below(100);
	p->backoff_factor = 1 + below(3);
	p->backoff_max_s = 1 + below(1000);
	p->give_up = ACTION_HOLD + below(2);
	for (unsigned i = below(3); i--;)
		random_rule(i, &p->rules[i]);
	for (unsigned i = 0; lenient && i < p->n_rules; i++) {
		p->rules[i].counts = false;
		p->rules[i].max = -1;
		p->rules[i].action = ACTION_RETRY;
	}
}

static void random_end(struct past *now, unsigned attempt, int64_t *clock_us)
{
	enum cause c = CAUSE_COMPLETED + below(CAUSE_COUNT - 1);

	if (1u << c & FINAL && below(50))
		c = CAUSE_VANISHED;
	*now = (struct past){ .attempt = attempt, .begin_us = *clock_us,
			      .cause = c, .exit_code = (int)below(256),
			      .progress = !below(3) };
	*clock_us += (int64_t)below(7200) * S + 1;
	now->end_us = *clock_us;
}

/* ---- what must hold ---- */

static void expect_same(const struct decision *a, const struct decision *b)
{
	assert_int_equal(a->action, b->action);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->reason, b->reason);
	assert_true(a->counts == b->counts);
	assert_true(a->slurm_delay == b->slurm_delay);
	assert_int_equal(a->delay_s, b->delay_s);
	assert_int_equal(a->attempts_left, b->attempts_left);
	assert_int_equal(a->n_left_out, b->n_left_out);
}

static void ask(const struct question *q, struct decision *d)
{
	struct decision again;

	assert_ok(decide(q, d, &err), &err);
	assert_ok(decide(q, &again, &err), &err);
	expect_same(d, &again);
	decision_fini(&again);
	assert_in_range(d->delay_s, 0, (long)q->policy->backoff_max_s + 1);
	assert_true(d->rule[0] && d->reason[0]);
}

static bool starts_again(enum action a)
{
	return a == ACTION_RETRY || a == ACTION_FAILOVER ||
	       a == ACTION_RESTORE;
}

/* Lives one run to its end; how many attempts it had. */
static unsigned live(const struct policy *p, struct past *past)
{
	struct verdict v = { 0 };
	struct question q = { .policy = p, .past = past, .verdict = &v,
			      .may_requeue = below(20) };
	int64_t clock_us = S;
	struct decision d;
	int counted = 0;
	bool again;

	do {
		random_end(&q.now, q.n_past + 1, &clock_us);
		q.ever_progress |= q.now.progress;
		q.checkpoint_any = q.ever_progress;
		q.checkpoint_good = q.checkpoint_any && below(30);
		q.now_us = clock_us;
		ask(&q, &d);
		again = starts_again(d.action);
		past[q.n_past] = q.now;
		past[q.n_past].counts = d.counts;
		memcpy(past[q.n_past].rule, d.rule, sizeof(d.rule));
		q.n_past++;
		counted += d.counts;
		assert_true(!again || (counted < p->attempts_max &&
				       q.n_past < CEILING));
		decision_fini(&d);
	} while (again);
	return q.n_past;
}

static void test_every_run_stops_and_answers_are_the_same(void **state)
{
	static struct past past[CEILING];
	unsigned longest = 0, single = 0;
	struct policy p;

	(void)state;
	for (int i = 0; i < HISTORIES; i++) {
		unsigned n;

		random_policy(&p);
		n = live(&p, past);
		longest = n > longest ? n : longest;
		single += n == 1;
	}
	/* The luck was mixed enough to mean something. */
	assert_true(longest > 100);
	assert_in_range(single, HISTORIES / 100, HISTORIES / 2);
}

/* Preempted for ever: nothing counts, and still it ends. */
static void test_what_never_counts_ends_at_the_ceiling(void **state)
{
	static struct past past[CEILING];
	struct verdict v = { 0 };
	struct policy p;
	struct question q = { .policy = &p, .past = past, .verdict = &v,
			      .now = { .cause = CAUSE_PREEMPTED },
			      .may_requeue = true };
	struct decision d;
	bool again;

	(void)state;
	assert_ok(policy_preset("standard", &p, &err), &err);
	do {
		q.now.end_us = q.now_us = (q.n_past + 1) * 3600 * S;
		ask(&q, &d);
		again = starts_again(d.action);
		past[q.n_past++] = q.now;
		decision_fini(&d);
	} while (again);
	assert_int_equal(q.n_past, CEILING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_run_stops_and_answers_are_the_same),
		cmocka_unit_test(test_what_never_counts_ends_at_the_ceiling),
	};

	return cmocka_run_group_tests_name("histories", tests, NULL, NULL);
}
