/* SPDX-License-Identifier: Apache-2.0 */
/* test_words.c - every cause has a word that is read back, and a sentence */

#include "cause/cause.h"
#include "tests/support/test.h"

static void test_a_word_is_read_back_as_its_cause(void **state)
{
	int n = 0;

	(void)state;
	for (; cause_words[n]; n++) {
		enum cause c = cause_of_word(cause_words[n]);

		assert_int_equal(c, n + 1);
		assert_string_equal(cause_word(c), cause_words[n]);
		assert_non_null(cause_sentence(c));
	}
	assert_int_equal(n, CAUSE_COUNT - 1);
}

static void test_words_are_those_of_the_contract(void **state)
{
	static const struct { enum cause c; const char *word; } cases[] = {
		{ CAUSE_COMPLETED, "completed" },
		{ CAUSE_NODE_FAIL, "node_fail" },
		{ CAUSE_PREEMPTED, "preempted" },
		{ CAUSE_TIMEOUT, "timeout" },
		{ CAUSE_OUT_OF_MEMORY, "out_of_memory" },
		{ CAUSE_FAILED, "failed" }, { CAUSE_SIGNALED, "signaled" },
		{ CAUSE_CANCELLED, "cancelled" },
		{ CAUSE_DEADLINE, "deadline" },
		{ CAUSE_BOOT_FAIL, "boot_fail" },
		{ CAUSE_LAUNCH_FAILED, "launch_failed" },
		{ CAUSE_REQUEUED, "requeued" },
		{ CAUSE_TIME_SLICE, "time_slice" },
		{ CAUSE_STALLED, "stalled" }, { CAUSE_VANISHED, "vanished" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(cause_word(cases[i].c), cases[i].word);
}

static void test_what_is_no_cause_has_no_word(void **state)
{
	(void)state;
	assert_int_equal(cause_of_word("NODE_FAIL"), CAUSE_NONE);
	assert_int_equal(cause_of_word(""), CAUSE_NONE);
	assert_string_equal(cause_word(CAUSE_NONE), "none");
	assert_string_equal(cause_sentence(CAUSE_NONE), "it has not ended");
}

static void test_states_are_written_as_slurm_writes_them(void **state)
{
	(void)state;
	assert_string_equal(job_state_word(JOB_STATE_OOM), "OUT_OF_MEMORY");
	assert_string_equal(job_state_word(JOB_STATE_COMPLETE), "COMPLETED");
	assert_string_equal(job_state_word(JOB_STATE_UNKNOWN), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_word_is_read_back_as_its_cause),
		cmocka_unit_test(test_words_are_those_of_the_contract),
		cmocka_unit_test(test_what_is_no_cause_has_no_word),
		cmocka_unit_test(test_states_are_written_as_slurm_writes_them),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
