/* SPDX-License-Identifier: Apache-2.0 */
/* test_standing.c - only Slurm's present attempt may be spoken for */

#include "dispatch/standing.h"
#include "tests/support/test.h"

static const struct begin begun = {
	.job_id = 12, .restart = 1, .start_time = 1000, .batch_host = "n1"
};

static void test_slurms_view_tells_whose_attempt_it_is(void **state)
{
	static const struct {
		const char *what;
		struct job_view job;
		bool holds;
	} cases[] = {
		{ "it runs",
		  { .job_id = 12, .state = JOB_STATE_RUNNING, .restart = 1,
		    .start_time = 1000, .batch_host = "n1" }, true },
		{ "it ran out of time",
		  { .job_id = 12, .state = JOB_STATE_TIMEOUT, .restart = 1,
		    .completing = true, .start_time = 1000,
		    .batch_host = "n1" }, true },
		{ "it is pending again, and completing; start_time is now",
		  { .job_id = 12, .state = JOB_STATE_PENDING, .restart = 2,
		    .completing = true, .start_time = 1234,
		    .batch_host = "n1" }, true },
		{ "it waits for the next start",
		  { .job_id = 12, .state = JOB_STATE_PENDING, .restart = 2,
		    .start_time = 1300 }, false },
		{ "the next start runs elsewhere",
		  { .job_id = 12, .state = JOB_STATE_RUNNING, .restart = 2,
		    .start_time = 1300, .batch_host = "n2" }, false },
		{ "the next start runs, at the same place",
		  { .job_id = 12, .state = JOB_STATE_RUNNING, .restart = 2,
		    .start_time = 1300, .batch_host = "n1" }, false },
		{ "the next start completes",
		  { .job_id = 12, .state = JOB_STATE_PENDING, .restart = 3,
		    .completing = true, .batch_host = "n1" }, false },
		{ "launched a second time with the same count",
		  { .job_id = 12, .state = JOB_STATE_RUNNING, .restart = 1,
		    .start_time = 1007, .batch_host = "n1" }, false },
		{ "another job",
		  { .job_id = 13, .state = JOB_STATE_RUNNING, .restart = 1,
		    .start_time = 1000, .batch_host = "n1" }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (standing_holds(&begun, &cases[i].job) != cases[i].holds)
			fail_msg("%s", cases[i].what);
}

static void test_an_unknown_start_is_not_compared(void **state)
{
	struct begin b = begun;
	struct job_view j = { .job_id = 12, .state = JOB_STATE_RUNNING,
			      .restart = 1, .start_time = 1000 };

	(void)state;
	b.start_time = 0;
	assert_true(standing_holds(&b, &j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slurms_view_tells_whose_attempt_it_is),
		cmocka_unit_test(test_an_unknown_start_is_not_compared),
	};

	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
