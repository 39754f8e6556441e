/* SPDX-License-Identifier: Apache-2.0 */
/* test_command.c - every {} is the item, and nothing else is touched */

#include <stdlib.h>

#include "cmd/map/command.h"
#include "tests/support/test.h"

static struct belay_error err;

static void init(struct command *c, const char *a, const char *b)
{
	char *argv[] = { (char *)(uintptr_t)a, (char *)(uintptr_t)b, NULL };

	assert_ok(command_init(c, argv, b ? 2 : 1, &err), &err);
}

static void test_every_placeholder_is_replaced(void **state)
{
	static const struct { const char *given, *item, *want; } cases[] = {
		{ "{}", "7", "7" },
		{ "{}{}", "ab", "abab" },
		{ "x{}y{}z", "1", "x1y1z" },
		{ "{}", "", "" },
		{ "a{}b", "", "ab" },
		{ "{}", "{}", "{}" },
		{ "-{}-", "$(rm -rf) 'x'", "-$(rm -rf) 'x'-" },
		{ "{ }{}{", "q", "{ }q{" },
		{ "{{}}", "q", "{q}" },
	};
	struct command c;
	char **argv;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		init(&c, "cmd", cases[i].given);
		argv = command_fill(&c, cases[i].item);
		assert_string_equal(argv[0], "cmd");
		assert_string_equal(argv[1], cases[i].want);
		assert_null(argv[2]);
		free(argv);
		command_fini(&c);
	}
}

static void test_without_a_placeholder_the_item_comes_last(void **state)
{
	struct command c;
	char **argv;

	(void)state;
	init(&c, "cmd", "-v");
	argv = command_fill(&c, "item one");
	assert_int_equal(c.argc, 3);
	assert_string_equal(argv[1], "-v");
	assert_string_equal(argv[2], "item one");
	assert_null(argv[3]);
	free(argv);
	command_fini(&c);
}

static void test_another_command_has_another_digest(void **state)
{
	struct command a, b;
	struct digest da, db;

	(void)state;
	init(&a, "cmd", "ab{}");
	init(&b, "cmda", "b{}");
	da = command_digest(&a);
	db = command_digest(&b);
	assert_memory_not_equal(&da, &db, sizeof(da));
	command_fini(&a);
	command_fini(&b);
}

static void test_a_program_is_looked_for_once_and_its_absence_said(void **state)
{
	static const char *const missing[] = {
		"no-such-program-of-belay", "/nonexistent/program", "/etc",
		"/etc/passwd",
	};
	struct command c;

	(void)state;
	init(&c, "sh", "{}");
	assert_ok(command_find(&c, &err), &err);
	assert_non_null(strstr(c.path, "/sh"));
	command_fini(&c);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		init(&c, missing[i], "{}");
		assert_fails(command_find(&c, &err), &err, BELAY_EINVAL,
			     "no such program, or not executable");
		command_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_placeholder_is_replaced),
		cmocka_unit_test(
			test_without_a_placeholder_the_item_comes_last),
		cmocka_unit_test(test_another_command_has_another_digest),
		cmocka_unit_test(
			test_a_program_is_looked_for_once_and_its_absence_said),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
