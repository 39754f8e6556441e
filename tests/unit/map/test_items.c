/* SPDX-License-Identifier: Apache-2.0 */
/* test_items.c - a list is its lines, and only its lines */

#include <stdbool.h>
#include <stdlib.h>

#include "cmd/map/items.h"
#include "tests/support/test.h"

static struct belay_error err;

static int parse(struct items *it, const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return items_parse(it, "list", copy, len, &err);
}

static void test_every_line_that_is_not_empty_is_an_item(void **state)
{
	static const struct {
		const char *text;
		unsigned n;
		const char *first, *last;
	} cases[] = {
		{ "", 0, NULL, NULL },
		{ "\n\n", 0, NULL, NULL },
		{ "a", 1, "a", "a" },
		{ "a\n", 1, "a", "a" },
		{ "a\nb", 2, "a", "b" },
		{ "a\n\n\nb\n\n", 2, "a", "b" },
		{ " \nb \n", 2, " ", "b " },
		{ "# x\n'q' \"$HOME\" \\\n", 2, "# x", "'q' \"$HOME\" \\" },
		{ "a\r\n\xff\xfe\n", 2, "a\r", "\xff\xfe" },
	};
	struct items it;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ok(parse(&it, cases[i].text, strlen(cases[i].text)),
			  &err);
		assert_int_equal(it.count, cases[i].n);
		if (it.count) {
			assert_string_equal(items_text(&it, 0), cases[i].first);
			assert_string_equal(items_text(&it, it.count - 1),
					    cases[i].last);
		}
		items_free(&it);
	}
}

static void test_a_list_is_known_by_its_items_in_their_order(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "a\nb\n", "a\n\nb", true },
		{ "a\nb\n", "b\na\n", false },
		{ "ab\n", "a\nb\n", false },
		{ "a\n", "a \n", false },
	};
	struct items a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ok(parse(&a, cases[i].a, strlen(cases[i].a)), &err);
		assert_ok(parse(&b, cases[i].b, strlen(cases[i].b)), &err);
		assert_int_equal(!memcmp(&a.digest, &b.digest,
					 sizeof(a.digest)), cases[i].same);
		items_free(&a);
		items_free(&b);
	}
}

static void test_what_no_argument_can_be_is_refused_with_its_line(void **state)
{
	static char text[ITEM_MAX + 8];
	struct items it;

	(void)state;
	assert_fails(parse(&it, "a\nb\0c\n", 6), &err, BELAY_EINVAL,
		     "list:2: line holds a NUL byte");
	memset(text, 'x', sizeof(text));
	text[0] = '\n';
	assert_fails(parse(&it, text, sizeof(text)), &err, BELAY_EINVAL,
		     "list:2: line is too long for an argument");
	assert_ok(parse(&it, text, ITEM_MAX + 1), &err);
	items_free(&it);
}

static void test_a_list_that_is_not_there_is_said(void **state)
{
	struct items it;

	(void)state;
	assert_fails(items_load(&it, "/nonexistent/list", &err), &err,
		     BELAY_ENOENT,
		     "cannot open '/nonexistent/list': No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_that_is_not_empty_is_an_item),
		cmocka_unit_test(
			test_a_list_is_known_by_its_items_in_their_order),
		cmocka_unit_test(
			test_what_no_argument_can_be_is_refused_with_its_line),
		cmocka_unit_test(test_a_list_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests_name("items", tests, NULL, NULL);
}
