/* SPDX-License-Identifier: Apache-2.0 */
/* test_suspects.c - who is left out, for how long, and by which action */

#include <string.h>

#include "decide/decide.h"
#include "tests/support/test.h"

#define S INT64_C(1000000)
#define NOW (100000 * S)
#define DAY (86400 * S)

static struct belay_error err;

static const struct left_out earlier[] = {
	{ "n7", NOW + 50 * S }, { "n8", NOW }, { "n1", NOW + 10 * S },
	{ "n9", NOW + 2 * DAY },
};

/* What is left out after a node failure that n1 and n9 are suspected of. */
static void expect_left_out(const char *text, const struct left_out *want,
			    unsigned n)
{
	struct verdict v = { .cause = CAUSE_NODE_FAIL };
	struct policy p;
	struct question q = {
		.policy = &p, .verdict = &v, .may_requeue = true,
		.now = { .cause = CAUSE_NODE_FAIL, .exit_code = -1 },
		.left_out = earlier, .n_left_out = 4, .now_us = NOW,
	};
	struct decision d;

	assert_ok(policy_parse("p", text, strlen(text), &p, &err), &err);
	assert_ok(hosts_parse(&v.suspects, "n1,n9", &err), &err);
	assert_ok(decide(&q, &d, &err), &err);
	assert_int_equal(d.n_left_out, n);
	for (unsigned i = 0; i < n; i++) {
		assert_string_equal(d.left_out[i].node, want[i].node);
		assert_int_equal(d.left_out[i].until_us, want[i].until_us);
	}
	decision_fini(&d);
	verdict_free(&v);
}

static void test_failover_and_restore_leave_suspects_out(void **state)
{
	static const struct left_out want[] = {
		{ "n7", NOW + 50 * S }, { "n1", NOW + DAY },
		{ "n9", NOW + 2 * DAY },
	};

	(void)state;
	expect_left_out("version: 1\npreset: failover", want, 3);
	expect_left_out("version: 1\npreset: restore", want, 3);
}

static void test_other_actions_keep_those_who_are_left_out(void **state)
{
	static const struct left_out want[] = {
		{ "n7", NOW + 50 * S }, { "n1", NOW + 10 * S },
		{ "n9", NOW + 2 * DAY },
	};

	(void)state;
	expect_left_out("version: 1\npreset: retry", want, 3);
	expect_left_out("version: 1\npreset: none", want, 3);
	expect_left_out("version: 1\npreset: failover\nattempts: {max: 1}",
			want, 3);
}

static void test_how_long_is_the_policys_to_say(void **state)
{
	static const struct left_out hour[] = {
		{ "n7", NOW + 50 * S }, { "n1", NOW + 3600 * S },
		{ "n9", NOW + 2 * DAY },
	}, never[] = {
		{ "n7", NOW + 50 * S }, { "n1", NOW + 10 * S },
		{ "n9", NOW + 2 * DAY },
	};

	(void)state;
	expect_left_out("version: 1\npreset: failover\n"
			"nodes: {exclude_for: 1h}", hour, 3);
	expect_left_out("version: 1\npreset: failover\n"
			"nodes: {exclude_for: 0}", never, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failover_and_restore_leave_suspects_out),
		cmocka_unit_test(
			test_other_actions_keep_those_who_are_left_out),
		cmocka_unit_test(test_how_long_is_the_policys_to_say),
	};

	return cmocka_run_group_tests_name("suspects", tests, NULL, NULL);
}
