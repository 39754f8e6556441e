/* SPDX-License-Identifier: Apache-2.0 */
/* test_hostlist.c - Slurm's notation, there and back */

#include <stdio.h>

#include "base/clock.h"
#include "base/hostlist.h"
#include "tests/support/test.h"

static struct belay_error err;

static void test_lists_expand_and_fold(void **state)
{
	static const struct { const char *text; size_t n; const char *folded; }
	cases[] = {
		{ "", 0, "" },
		{ "(null)", 0, "" },
		{ "n1", 1, "n1" },
		{ "n[1-3,7]", 4, "n[1-3,7]" },
		{ "n3,n1,n2", 3, "n[1-3]" },
		{ "n1,n1,n1", 1, "n1" },
		{ "n[01-10]", 10, "n[01-10]" },
		{ "n[8-11]", 4, "n[8-11]" },
		{ "n9,n010", 2, "n9,n010" },
		{ "r[1-2]c[1-2]", 4, "r1c[1-2],r2c[1-2]" },
		{ "login,n[1-2],gpu-a1", 4, "gpu-a1,login,n[1-2]" },
		{ "a[1,2]b", 2, "a1b,a2b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hosts h = { 0 };
		struct buf b = { 0 };

		assert_ok(hosts_parse(&h, cases[i].text, &err), &err);
		assert_int_equal(h.n, cases[i].n);
		hosts_format(&h, &b);
		assert_string_equal(buf_text(&b), cases[i].folded);
		buf_free(&b);
		hosts_free(&h);
	}
}

static void test_order_of_appearance_is_kept(void **state)
{
	struct hosts h = { 0 };

	(void)state;
	assert_ok(hosts_parse(&h, "n[3-4],n1", &err), &err);
	assert_string_equal(h.name[0], "n3");
	assert_string_equal(h.name[2], "n1");
	assert_true(hosts_has(&h, "n4"));
	assert_false(hosts_has(&h, "n2"));
	hosts_free(&h);
}

static void test_what_is_no_list_is_refused(void **state)
{
	static const char *const cases[] = {
		"n[", "n]", "n[]", "n[a]", "n[3-1]", "n[1-", "n[1-999999999]",
		"n[0-99999][0-99999]", "n[-1]",
		"1]n[1-2]", "n]1[2]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hosts h = { 0 };

		assert_int_equal(hosts_parse(&h, cases[i], &err), -1);
		assert_int_equal(err.code, BELAY_EINVAL);
		hosts_free(&h);
	}
}

static void test_a_hundred_thousand_names_fold_quickly(void **state)
{
	struct hosts h = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(hosts_parse(&h, "n[000001-100000]", &err), &err);
	assert_int_equal(h.n, 100000);
	hosts_format(&h, &b);
	assert_string_equal(b.data, "n[000001-100000]");
	buf_free(&b);
	hosts_free(&h);
}

static void test_what_is_folded_is_taken_whatever_its_length(void **state)
{
	struct hosts h = { 0 }, again = { 0 };
	struct buf b = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%d", 10000 + 2 * i);
		assert_ok(hosts_add(&h, name, &err), &err);
	}
	hosts_format(&h, &b);
	assert_ok(hosts_parse(&again, b.data, &err), &err);
	assert_int_equal(again.n, 3000);
	buf_free(&b);
	hosts_free(&h);
	hosts_free(&again);
}

static void test_repeated_names_among_many_are_dropped_quickly(void **state)
{
	struct hosts h = { 0 };
	int64_t since = clock_mono_ns();

	(void)state;
	assert_ok(hosts_parse(&h, "b,n[000001-090000],a,n[000001-000002],b",
			      &err), &err);
	assert_int_equal(h.n, 90002);
	assert_string_equal(h.name[0], "b");
	assert_string_equal(h.name[90001], "a");
	assert_true(clock_mono_ns() - since < 2000000000);
	hosts_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_expand_and_fold),
		cmocka_unit_test(test_order_of_appearance_is_kept),
		cmocka_unit_test(test_what_is_no_list_is_refused),
		cmocka_unit_test(test_a_hundred_thousand_names_fold_quickly),
		cmocka_unit_test(test_what_is_folded_is_taken_whatever_its_length),
		cmocka_unit_test(test_repeated_names_among_many_are_dropped_quickly),
	};

	return cmocka_run_group_tests_name("hostlist", tests, NULL, NULL);
}
