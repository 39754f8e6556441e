/* SPDX-License-Identifier: Apache-2.0 */
/* test_progress.c - the same facts in every width */

#include "cmd/map/progress.h"
#include "tests/support/test.h"

static const struct facts some = {
	.total = 300, .done = 140, .running = 6, .retrying = 1,
	.quarantined = 2, .rate = 2.3,
};

static void test_a_line_has_all_that_is_not_nothing(void **state)
{
	static const struct { struct facts f; const char *line; } cases[] = {
		{ { .total = 300 }, "0 of 300 done (0%)" },
		{ { .total = 300, .done = 299, .running = 1, .rate = 1234 },
		  "299 of 300 done (99%), 1234/s, 0.0s left, 1 running" },
		{ { .total = 300, .done = 300, .rate = 0.04 },
		  "300 of 300 done (100%), 0.0/s" },
		{ { .total = 0 }, "0 of 0 done (100%)" },
		{ { .total = 300, .done = 140, .running = 6, .retrying = 1,
		    .quarantined = 2, .rate = 2.0 },
		  "140 of 300 done (46%), 2.0/s, 1m19s left, 6 running, "
		  "1 retrying, 2 quarantined" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_auto_buf_ struct buf text = { 0 };

		progress_line(&cases[i].f, &text);
		assert_string_equal(buf_text(&text), cases[i].line);
	}
}

static void test_a_bar_never_leaves_its_width(void **state)
{
	(void)state;
	for (unsigned width = 1; width < 300; width++) {
		_auto_buf_ struct buf text = { 0 };

		progress_bar(&some, width, &text);
		assert_true(text.len <= width);
	}
}

static void test_a_bar_grows_with_what_is_done(void **state)
{
	struct facts f = { .total = 10 };

	(void)state;
	for (f.done = 0; f.done <= 10; f.done++) {
		_auto_buf_ struct buf text = { 0 };

		progress_bar(&f, 79, &text);
		assert_int_equal(text.data[0], '[');
		assert_int_equal(strspn(text.data + 1, "="), f.done * 4);
		assert_non_null(strstr(text.data, "/10 "));
	}
}

static void test_a_narrow_terminal_keeps_the_numbers(void **state)
{
	_auto_buf_ struct buf text = { 0 };

	(void)state;
	progress_bar(&some, 20, &text);
	assert_int_equal(strncmp(buf_text(&text), "140/300 46%", 11), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_has_all_that_is_not_nothing),
		cmocka_unit_test(test_a_bar_never_leaves_its_width),
		cmocka_unit_test(test_a_bar_grows_with_what_is_done),
		cmocka_unit_test(test_a_narrow_terminal_keeps_the_numbers),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
