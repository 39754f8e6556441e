/* SPDX-License-Identifier: Apache-2.0 */
/* test_arguments.c - plugstack.conf may say where things are */

#include "plugin/arguments.h"
#include "tests/support/test.h"

/* Slurm's argv is of char *, and stays as it is. */
static struct arguments parse(int ac, const char *const *av)
{
	return arguments_parse(ac, (char **)(uintptr_t)av);
}

static void test_without_arguments_the_installed_agent_is_used(void **state)
{
	struct arguments a = arguments_parse(0, NULL);

	(void)state;
	assert_non_null(strstr(a.agent, "/belay-agent"));
	assert_int_equal(a.agent[0], '/');
	assert_null(a.site);
	assert_null(a.unknown);
}

static void test_the_last_of_several_counts(void **state)
{
	const char *const av[] = { "agent=/a", "site=/s=1", "agent=/b" };
	struct arguments a = parse(3, av);

	(void)state;
	assert_string_equal(a.agent, "/b");
	assert_string_equal(a.site, "/s=1");
	assert_null(a.unknown);
}

static void test_the_first_unknown_one_is_reported(void **state)
{
	const char *const av[] = { "agnet=/a", "agent", "site=/s" };
	struct arguments a = parse(3, av);

	(void)state;
	assert_string_equal(a.unknown, "agnet=/a");
	assert_string_equal(a.site, "/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_without_arguments_the_installed_agent_is_used),
		cmocka_unit_test(test_the_last_of_several_counts),
		cmocka_unit_test(test_the_first_unknown_one_is_reported),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
