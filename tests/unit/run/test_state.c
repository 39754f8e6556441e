/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - from the records of a run to the one word for it */

#include <stdio.h>

#include "run/state.h"
#include "tests/support/test.h"

static const struct {
	const char *cause, *action;	/* NULL: not ended, not decided */
	unsigned job_id;
	int alive;
	const char *word;
} cases[] = {
	{ NULL, NULL, 12, -1, "running" },
	{ NULL, NULL, 12, 0, "running" },	/* Slurm knows better */
	{ NULL, NULL, 0, 1, "running" },
	{ NULL, NULL, 0, -1, "running" },	/* another host */
	{ NULL, NULL, 0, 0, "unknown" },
	{ "completed", NULL, 12, -1, "completed" },
	{ "completed", "none", 0, 0, "completed" },
	{ "cancelled", "none", 12, -1, "cancelled" },
	{ "deadline", "none", 12, -1, "failed" },
	{ "failed", "none", 12, -1, "failed" },
	{ "failed", "fail", 12, -1, "failed" },
	{ "node_fail", "failover", 12, -1, "waiting" },
	{ "node_fail", "retry", 12, -1, "waiting" },
	{ "preempted", "restore", 12, -1, "waiting" },
	{ "out_of_memory", "hold", 12, -1, "held" },
	{ "failed", NULL, 12, -1, "unknown" },	/* nobody has decided yet */
	{ "failed", "word of later", 12, -1, "unknown" },
};

static void test_the_newest_attempt_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct begin b = { .job_id = cases[i].job_id };
		struct end e = { 0 };
		struct decided d = { 0 };
		struct attempt a = { .number = 1, .begin = &b };
		struct run r = { .attempts = &a, .n_attempts = 1 };

		snprintf(e.cause, sizeof(e.cause), "%s",
			 cases[i].cause ? cases[i].cause : "");
		snprintf(d.action, sizeof(d.action), "%s",
			 cases[i].action ? cases[i].action : "");
		a.end = cases[i].cause ? &e : NULL;
		a.decided = cases[i].action ? &d : NULL;
		assert_string_equal(run_state_word(run_state_of(&r,
							cases[i].alive)),
				    cases[i].word);
	}
}

static void test_a_claim_alone_changes_nothing(void **state)
{
	struct begin b = { .job_id = 12 };
	struct end e = { .cause = "node_fail" };
	struct decided d = { .action = "retry" };
	struct attempt a[2] = {
		{ .number = 1, .begin = &b, .end = &e, .decided = &d },
		{ .number = 2 },
	};
	struct run r = { .attempts = a, .n_attempts = 2 };

	(void)state;
	assert_int_equal(run_state_of(&r, -1), RUN_WAITING);
	r.attempts = &a[1];
	r.n_attempts = 1;
	assert_int_equal(run_state_of(&r, -1), RUN_PENDING);
	r.n_attempts = 0;
	assert_int_equal(run_state_of(&r, -1), RUN_PENDING);
}

static void test_only_what_may_go_on_is_not_over(void **state)
{
	(void)state;
	for (enum run_state s = RUN_PENDING; s <= RUN_UNKNOWN; s++)
		assert_int_equal(run_state_is_over(s), s > RUN_WAITING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_attempt_tells),
		cmocka_unit_test(test_a_claim_alone_changes_nothing),
		cmocka_unit_test(test_only_what_may_go_on_is_not_over),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
