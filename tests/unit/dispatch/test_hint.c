/* SPDX-License-Identifier: Apache-2.0 */
/* test_hint.c - what travels with a job comes back as it was, or is refused */

#include "dispatch/hint.h"
#include "tests/support/test.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct belay_error err;

static void test_a_hint_comes_back_as_it_was(void **state)
{
	static const struct {
		struct hint hint;
		const char *text;
	} cases[] = {
		{ { ID, "standard", "", "" }, "1:" ID ":standard:-:-" },
		{ { ID, "standard", "", "/a:b" }, "1:" ID ":standard:-:/a:b" },
		{ { ID, "none", ID ID, "/r" }, "1:" ID ":none:" ID ID ":/r" },
	};
	char text[HINT_SIZE];
	struct hint h;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ok(hint_format(&cases[i].hint, text, &err), &err);
		assert_string_equal(text, cases[i].text);
		assert_ok(hint_parse(text, &h, &err), &err);
		assert_string_equal(h.submission, cases[i].hint.submission);
		assert_string_equal(h.preset, cases[i].hint.preset);
		assert_string_equal(h.policy, cases[i].hint.policy);
		assert_string_equal(h.root, cases[i].hint.root);
	}
}

static void test_what_is_no_hint_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "1", "1:", "x:" ID ":standard:-:-",
		"1:" ID ":standard:-:",
		"1:" ID ":standard:-",
		"1:" ID "f:standard:-:-",
		"1:" ID ":../up:-:-",
		"1:" ID "::-:-",
		"1:" ID ":standard:abc:-",
		"1:" ID ":standard:-:relative",
		"1:0123456789ABCDEF0123456789ABCDEF:standard:-:-",
	};
	struct hint h = { .preset = "untouched" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(hint_parse(cases[i], &h, &err), &err, BELAY_EINVAL,
			     "not a hint");
	assert_string_equal(h.preset, "untouched");
}

static void test_a_newer_version_is_left_alone(void **state)
{
	struct hint h;

	(void)state;
	assert_fails(hint_parse("2:what:ever", &h, &err), &err, BELAY_ECONFIG,
		     "version 2; this belay knows version 1");
}

static void test_a_root_that_does_not_fit_is_refused(void **state)
{
	struct hint h = { ID, "standard", "", "/" };
	char text[HINT_SIZE];

	(void)state;
	memset(h.root + 1, 'r', sizeof(h.root) - 2);
	assert_fails(hint_format(&h, text, &err), &err, BELAY_EINVAL,
		     "the root's path is too long; at most 209 bytes");
	h.root[209] = '\0';
	assert_ok(hint_format(&h, text, &err), &err);
	assert_int_equal(strlen(text), HINT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hint_comes_back_as_it_was),
		cmocka_unit_test(test_what_is_no_hint_is_refused),
		cmocka_unit_test(test_a_newer_version_is_left_alone),
		cmocka_unit_test(test_a_root_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("hint", tests, NULL, NULL);
}
