/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c - what is written is read back; what is not JSON is refused */

#include "base/json.h"
#include "tests/support/test.h"

static struct belay_error err;

static struct json *parse(const char *text)
{
	return json_parse(text, strlen(text), &err);
}

static void test_what_is_written_is_read_back(void **state)
{
	static const char odd[] = "a\"b\\c\n\x01 \xc3\xa9 \xf0\x9f\x98\x80";
	struct buf b = { 0 };
	struct json_out o = { .buf = &b };
	struct json *j;

	(void)state;
	json_open(&o, NULL, '{');
	json_put_str(&o, "s", odd);
	json_put_u64(&o, "u", UINT64_MAX);
	json_put_i64(&o, "i", INT64_MIN);
	json_put_bool(&o, "t", true);
	json_put_null(&o, "n");
	json_put_f64(&o, "f", 0.25);
	json_open(&o, "a", '[');
	json_put_str(&o, NULL, "x");
	json_open(&o, NULL, '{');
	json_close(&o, '}');
	json_close(&o, ']');
	json_put_time(&o, "w", 1763907083123456);
	json_close(&o, '}');
	j = parse(b.data);
	assert_non_null(j);
	assert_string_equal(json_str(j, "s", ""), odd);
	assert_true(json_u64(j, "u", 0) == UINT64_MAX);
	assert_true(json_i64(j, "i", 0) == INT64_MIN);
	assert_true(json_bool(j, "t", false));
	assert_int_equal(json_get(j, "n")->type, JSON_NULL);
	assert_true(json_f64(j, "f", 0) == 0.25);
	assert_string_equal(json_get(j, "a")->child->text, "x");
	assert_string_equal(json_str(j, "w", ""), "2025-11-23T14:11:23.123456Z");
	assert_null(json_get(j, "missing"));
	assert_int_equal(json_u64(j, "s", 7), 7);
	json_free(j);
	buf_free(&b);
}

static void test_what_is_not_json_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-",
		"1.", "1e", ".5", "+1", "nul", "tru", "\"", "\"\n\"", "\"\\x\"",
		"\"\\u12\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0041\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
		"{\"a\":1,\"a\":2}", "1 2", "[1 2]", "NaN", "'a'", "[[[[[[[[[[[[[[[[["
		"1]]]]]]]]]]]]]]]]]", "{\"a\":1}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.code = BELAY_OK;
		if (parse(cases[i]))
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(err.code, BELAY_ECORRUPT);
	}
}

/* Each key is compared with all before it. */
static void test_an_object_has_no_more_members_than_make_sense(void **state)
{
	struct buf b = { 0 };
	struct json *j;

	(void)state;
	for (int i = 0; i < 1024; i++)
		buf_printf(&b, "%c\"%d\":0", i ? ',' : '{', i);
	buf_puts(&b, "}");
	j = parse(b.data);
	assert_non_null(j);
	json_free(j);
	b.data[b.len - 1] = ',';
	buf_puts(&b, "\"x\":0}");
	assert_null(parse(b.data));
	assert_non_null(strstr(err.text, "too many members"));
	assert_int_equal(err.code, BELAY_ECORRUPT);
	buf_free(&b);
}

static void test_escapes_become_utf8(void **state)
{
	struct json *j = parse("\"\\u00e9\\uD83D\\uDE00\\/\\t\"");

	(void)state;
	assert_non_null(j);
	assert_string_equal(j->text, "\xc3\xa9\xf0\x9f\x98\x80/\t");
	json_free(j);
}

static void test_every_prefix_of_a_document_is_survived(void **state)
{
	static const char text[] =
		"{\"a\":[1,-2.5e+3,true,null,{\"b\":\"\\u00e9x\"}],\"c\":\"\"}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_null(json_parse(text, n, &err));
}

static void test_bytes_that_are_not_utf8_are_written_as_replacements(void **state)
{
	struct buf b = { 0 };
	struct json_out o = { .buf = &b };
	struct json *j;

	(void)state;
	json_put_str(&o, NULL, "a\xff\xc3" "b");
	j = parse(b.data);
	assert_non_null(j);
	assert_string_equal(j->text, "a\xef\xbf\xbd\xef\xbf\xbd" "b");
	json_free(j);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read_back),
		cmocka_unit_test(test_what_is_not_json_is_refused),
		cmocka_unit_test(test_an_object_has_no_more_members_than_make_sense),
		cmocka_unit_test(test_escapes_become_utf8),
		cmocka_unit_test(test_every_prefix_of_a_document_is_survived),
		cmocka_unit_test(test_bytes_that_are_not_utf8_are_written_as_replacements),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
