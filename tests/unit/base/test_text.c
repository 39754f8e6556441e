/* SPDX-License-Identifier: Apache-2.0 */
/* test_text.c - numbers with units, names, times, bytes */

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "tests/support/test.h"

static void test_spans_of_time_have_units(void **state)
{
	static const struct { const char *text; double s; } good[] = {
		{ "90s", 90 }, { "10m", 600 }, { "2h", 7200 }, { "1d", 86400 },
		{ "0", 0 }, { "1.5h", 5400 }, { "0s", 0 },
	};
	static const char *const bad[] = {
		"", "10", "s", "1w", "-1s", "1 s", "0x10s", "1e3s", "nan", "inf",
		"1..5s", "1mm",
	};
	double s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(text_seconds(good[i].text, &s), 0);
		assert_true(s == good[i].s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_seconds(bad[i], &s), -1);
}

static void test_sizes_have_units(void **state)
{
	uint64_t n;
	char out[16];

	(void)state;
	assert_int_equal(text_bytes("4K", &n), 0);
	assert_int_equal(n, 4096);
	assert_int_equal(text_bytes("1.5G", &n), 0);
	assert_true(n == 3ull << 29);
	assert_int_equal(text_bytes("1KB", &n), -1);
	assert_int_equal(text_bytes("99999999T", &n), -1);
	assert_string_equal(text_size(1536, out), "1.5 KiB");
}

static void test_names_that_may_be_files(void **state)
{
	char longest[130];

	(void)state;
	memset(longest, 'x', 129);
	longest[129] = '\0';
	assert_false(text_is_name(longest));
	longest[128] = '\0';
	assert_true(text_is_name(longest));
	assert_true(text_is_name("10_3"));
	assert_false(text_is_name(""));
	assert_false(text_is_name(".."));
	assert_false(text_is_name("a/b"));
	assert_false(text_is_name("-rf"));
	assert_false(text_is_name("a b"));
}

static void test_the_nearest_word_is_found(void **state)
{
	static const char *const words[] = { "attempts", "chunks", "rules", NULL };

	(void)state;
	assert_string_equal(text_nearest("attemps", words), "attempts");
	assert_string_equal(text_nearest("rule", words), "rules");
	assert_null(text_nearest("zebra", words));
}

static void test_times_go_there_and_back(void **state)
{
	char out[CLOCK_ISO], span[16];

	(void)state;
	assert_true(clock_iso_parse(clock_iso(1763907083123456, out)) ==
		    1763907083123456);
	assert_string_equal(clock_iso(0, out), "");
	assert_true(clock_iso_parse("yesterday") == 0);
	assert_true(clock_iso_parse(NULL) == 0);
	assert_string_equal(clock_span(0.44, span), "0.4s");
	assert_string_equal(clock_span(192, span), "3m12s");
	assert_string_equal(clock_span(3840, span), "1h04m");
	assert_string_equal(clock_span(-1, span), "?");
}

static void test_a_cursor_never_leaves_its_bytes(void **state)
{
	struct buf b = { 0 };
	struct cursor c;
	char text[8];

	(void)state;
	put_u32(&b, 0x01020304);
	put_str(&b, "hello");
	c = cursor_over(b.data, b.len);
	assert_int_equal(get_u32(&c), 0x01020304);
	get_str(&c, text, sizeof(text));
	assert_string_equal(text, "hello");
	assert_false(c.bad);
	assert_int_equal(get_u8(&c), 0);
	assert_true(c.bad);
	c = cursor_over(b.data + 4, b.len - 5);
	get_str(&c, text, sizeof(text));
	assert_true(c.bad);
	c = cursor_over(b.data + 4, b.len - 4);
	get_str(&c, text, 5);
	assert_true(c.bad);
	buf_free(&b);
}

static void test_digests_are_those_of_the_xxhash_specification(void **state)
{
	struct digest_state *s = digest_start();
	struct digest d = digest_of("", 0), e;
	char hex[DIGEST_HEX];

	(void)state;
	digest_format(&d, hex);
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
	assert_true(check64("", 0, 0) == 0x2d06800538d394c2ull);
	assert_int_equal(digest_parse(hex, &e), 0);
	assert_memory_equal(&d, &e, sizeof(d));
	assert_int_equal(digest_parse("xyz", &e), -1);
	digest_add(s, "ab", 2);
	digest_add(s, "c", 1);
	e = digest_end(s);
	d = digest_of("abc", 3);
	assert_memory_equal(&d, &e, sizeof(d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans_of_time_have_units),
		cmocka_unit_test(test_sizes_have_units),
		cmocka_unit_test(test_names_that_may_be_files),
		cmocka_unit_test(test_the_nearest_word_is_found),
		cmocka_unit_test(test_times_go_there_and_back),
		cmocka_unit_test(test_a_cursor_never_leaves_its_bytes),
		cmocka_unit_test(test_digests_are_those_of_the_xxhash_specification),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
