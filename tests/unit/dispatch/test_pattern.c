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
		{ "x%", &words, "'%' stands for nothing" },
		{ "", &words, "it is empty; use 1 to 120 of A-Z a-z 0-9 . _" },
		{ "..", &words, "not a name for a run: '..'; use 1 to 120 of "
				"A-Z a-z 0-9 . _ @ + = -, the first neither . "
				"nor -" },
		{ "-n", &words, "'-n'; use 1 to 120 of" },
		{ ".hidden", &words, "'.hidden'; use 1 to 120 of" },
		{ "../x", &words, "'../x'; use 1 to 120 of" },
		{ "gr\xc3\xb6\xc3\x9f" "e", &words, "'gr\xc3\xb6\xc3\x9f" "e'; use" },
		{ "a\nb", &words, "'a?b'; use 1 to 120 of" },
		{ "jobs", &words, "'jobs' is belay's own; use another" },
		{ "policies", &words, "'policies' is belay's own" },
		{ "100%%", &words, "not a name for a run: '100%'" },
	};
	char name[RUN_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(pattern_expand(cases[i].pattern, cases[i].words,
					    name, &err),
			     &err, BELAY_EINVAL, cases[i].message);
}

static void test_a_name_may_be_long_but_not_too_long(void **state)
{
	char pattern[300], name[RUN_NAME_SIZE];

	(void)state;
	memset(pattern, 'x', sizeof(pattern));
	pattern[120] = '\0';
	assert_ok(pattern_expand(pattern, &words, name, &err), &err);
	assert_ok(pattern_check(pattern, &err), &err);
	memcpy(pattern + 119, "%j", 3);	/* "12" here, ten digits elsewhere */
	assert_fails(pattern_expand(pattern, &words, name, &err), &err,
		     BELAY_EINVAL, "it has 121 bytes; use 1 to 120 of A-Z");
	memcpy(pattern + 115, "%j", 3);
	assert_ok(pattern_expand(pattern, &words, name, &err), &err);
	assert_fails(pattern_check(pattern, &err), &err, BELAY_EINVAL,
		     "it has 125 bytes; use 1 to 120 of A-Z");
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
		cmocka_unit_test(test_a_name_may_be_long_but_not_too_long),
		cmocka_unit_test(
			test_a_pattern_can_be_checked_before_there_is_a_job),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
