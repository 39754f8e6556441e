/* SPDX-License-Identifier: Apache-2.0 */
/* test_preset.c - a name stands for the policy that the contract prints */

#include <string.h>

#include "policy/policy.h"
#include "tests/support/test.h"

static struct belay_error err;

static void test_short_names_are_long_names(void **state)
{
	static const struct {
		const char *word, *name;
		enum action action;
	} cases[] = {
		{ "standard", "standard", ACTION_RETRY },
		{ "retry", "standard", ACTION_RETRY },
		{ "high-availability", "high-availability", ACTION_FAILOVER },
		{ "failover", "high-availability", ACTION_FAILOVER },
		{ "checkpoint-recovery", "checkpoint-recovery",
		  ACTION_RESTORE },
		{ "restore", "checkpoint-recovery", ACTION_RESTORE },
	};
	struct policy p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(policy_is_preset(cases[i].word));
		assert_ok(policy_preset(cases[i].word, &p, &err), &err);
		assert_string_equal(p.preset, cases[i].name);
		assert_int_equal(p.n_rules, 4);
		assert_int_equal(p.rules[3].action, cases[i].action);
		assert_string_equal(p.rules[3].name, cases[i].name);
	}
}

static void test_none_has_no_rule(void **state)
{
	struct policy p;

	(void)state;
	assert_ok(policy_preset("none", &p, &err), &err);
	assert_int_equal(p.n_rules, 0);
}

static void test_the_list_names_every_preset(void **state)
{
	struct policy p;
	int n = 0;

	(void)state;
	for (; policy_presets[n]; n++) {
		assert_ok(policy_preset(policy_presets[n], &p, &err), &err);
		assert_string_equal(p.preset, policy_presets[n]);
	}
	assert_int_equal(n, 4);
}

/* Which rule comes first decides, so every cause is looked up in order. */
static const struct rule *first(const struct policy *p, enum cause c)
{
	for (unsigned i = 0; i < p->n_rules; i++)
		if (p->rules[i].on & 1u << c && !p->rules[i].n_codes)
			return &p->rules[i];
	return NULL;
}

static void test_every_failure_has_a_rule(void **state)
{
	static const enum cause never[] = { CAUSE_COMPLETED, CAUSE_CANCELLED,
					    CAUSE_DEADLINE },
		uncounted[] = { CAUSE_PREEMPTED, CAUSE_REQUEUED,
				CAUSE_TIME_SLICE };
	struct policy p;
	uint32_t rest = 0;

	(void)state;
	assert_ok(policy_preset("standard", &p, &err), &err);
	for (int i = 0; i < 3; i++) {
		const struct rule *r = first(&p, uncounted[i]);

		assert_null(first(&p, never[i]));
		assert_non_null(r);
		assert_false(r->counts);
		assert_int_equal(r->slurm_delay,
				 uncounted[i] == CAUSE_PREEMPTED);
		rest |= 1u << never[i] | 1u << uncounted[i];
	}
	for (int c = 1; c < CAUSE_COUNT; c++) {
		if (rest & 1u << c)
			continue;
		assert_non_null(first(&p, (enum cause)c));
		assert_true(first(&p, (enum cause)c)->counts);
	}
}

static void test_defaults_are_those_of_the_contract(void **state)
{
	struct policy p;

	(void)state;
	assert_ok(policy_preset("standard", &p, &err), &err);
	assert_int_equal(p.attempts_max, 10);
	assert_int_equal(p.burst.n, 6);
	assert_true(p.burst.within_s == 3600);
	assert_int_equal(p.without_progress, 3);
	assert_true(p.backoff_initial_s == 0 && p.backoff_factor == 2);
	assert_true(p.backoff_max_s == 600);
	assert_int_equal(p.give_up, ACTION_HOLD);
	assert_int_equal(p.chunk_attempts, 3);
	assert_true(p.chunk_timeout_s == 0);
	assert_int_equal(p.checkpoint.keep, 5);
	assert_true(p.exclude_for_s == 86400);
}

static void test_what_is_no_preset_is_told_the_nearest(void **state)
{
	struct policy p;

	(void)state;
	assert_false(policy_is_preset("standrd"));
	assert_fails(policy_preset("standrd", &p, &err), &err, BELAY_ECONFIG,
		     "there is no preset 'standrd'; did you mean 'standard'?");
	assert_fails(policy_preset("failoevr", &p, &err), &err, BELAY_ECONFIG,
		     "did you mean 'failover'?");
	assert_fails(policy_preset("xyzzy", &p, &err), &err, BELAY_ECONFIG,
		     "there is no preset 'xyzzy'; they are none, standard, "
		     "high-availability and checkpoint-recovery");
}

static void test_actions_are_read_as_they_are_written(void **state)
{
	(void)state;
	for (int a = 0; a < ACTION_COUNT; a++)
		assert_int_equal(action_of_word(action_word((enum action)a)),
				 a);
	assert_int_equal(action_of_word("requeue"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_names_are_long_names),
		cmocka_unit_test(test_none_has_no_rule),
		cmocka_unit_test(test_the_list_names_every_preset),
		cmocka_unit_test(test_every_failure_has_a_rule),
		cmocka_unit_test(test_defaults_are_those_of_the_contract),
		cmocka_unit_test(test_what_is_no_preset_is_told_the_nearest),
		cmocka_unit_test(test_actions_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests_name("preset", tests, NULL, NULL);
}
