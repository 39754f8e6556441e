/* SPDX-License-Identifier: Apache-2.0 */
/* test_pattern.c - a run is named as sbatch names its output */

#include "dispatch/pattern.h"
#include "tests/support/test.h"

static struct belay_error err;

static const struct pattern_words words = {
	.job_id = "12", .job_name = "sim", .user = "ann"
};
static const struct pattern_words task = { "13", "12", "7", "sim", "ann" };

static void test_patterns_are_what_they_stand_for(void **state)
{
	static const struct {
		const char *pattern;
		const struct pattern_words *words;
		const char *name;
	} cases[] = {
		{ "plain", &words, "plain" },
		{ "%x-%j", &words, "sim-12" },
		{ "%u.%A_%a", &task, "ann.12_7" },
		{ "%j", &task, "13" },
	};
	char name[RUN_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ok(pattern_expand(cases[i].pattern, cases[i].words, name,
					 &err), &err);
		assert_string_equal(name, cases[i].name);
	}
}

static void test_what_gives_no_name_is_refused(void **state)
{
	static const struct pattern_words odd = { .job_name = "a/b" };
	static const struct {
		const char *pattern;
		const struct pattern_words *words;
		const char *message;
	} cases[] = {
		{ "%a", &words, "'%a': this is no array job" },
		{ "%A", &words, "'%A': this is no array job" },
		{ "%j", &odd, "'%j': there is no job" },
		{ "%x", &odd, "not a name for a run: 'a/b'" },
		{ "%z", &words, "'%z' stands for nothing; there are %j" },
		{ "x%", &words, "stands for nothing" },
		{ "", &words, "not a name for a run: ''" },
		{ "..", &words, "not a name for a run: '..'" },
		{ "100%%", &words, "not a name for a run: '100%'" },
	};
	char name[RUN_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(pattern_expand(cases[i].pattern, cases[i].words,
					    name, &err),
			     &err, BELAY_EINVAL, cases[i].message);
}

static void test_a_pattern_can_be_checked_before_there_is_a_job(void **state)
{
	(void)state;
	assert_ok(pattern_check("%x-%A_%a", &err), &err);
	assert_fails(pattern_check("a b", &err), &err, BELAY_EINVAL,
		     "not a name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns_are_what_they_stand_for),
		cmocka_unit_test(test_what_gives_no_name_is_refused),
		cmocka_unit_test(
			test_a_pattern_can_be_checked_before_there_is_a_job),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
