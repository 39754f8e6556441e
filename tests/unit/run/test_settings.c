/* SPDX-License-Identifier: Apache-2.0 */
/* test_settings.c - settings are read back as they were, or are the default */

#include <string.h>

#include "run/settings.h"
#include "tests/support/test.h"

static void read_back(const struct settings *s, struct settings *out)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text };
	_auto_json_ struct json *j = NULL;

	json_open(&o, NULL, '{');
	settings_put(s, &o);
	json_close(&o, '}');
	j = json_parse(buf_text(&text), text.len, NULL);
	assert_non_null(j);
	settings_get(json_get(j, "settings"), out);
}

static void test_every_setting_is_read_back(void **state)
{
	const struct settings s = {
		.interval_s = 1.5, .interval_chunks = 7, .mtbf_s = 86400.25,
		.keep = 9, .keep_every_s = 3600, .compress = 12,
		.verify = true, .on_full = ON_FULL_CONTINUE,
		.chunk_attempts = 4, .chunk_timeout_s = 0.5,
	};
	struct settings got;

	(void)state;
	read_back(&s, &got);
	assert_true(got.interval_s == 1.5 && got.interval_chunks == 7 &&
		    got.mtbf_s == 86400.25 && got.keep == 9 &&
		    got.keep_every_s == 3600 && got.compress == 12 &&
		    got.verify && got.on_full == ON_FULL_CONTINUE &&
		    got.chunk_attempts == 4 && got.chunk_timeout_s == 0.5);
}

static void expect_default(const struct settings *got)
{
	assert_int_equal(got->keep, 5);
	assert_int_equal(got->compress, COMPRESS_AUTO);
	assert_int_equal(got->on_full, ON_FULL_PRUNE);
	assert_int_equal(got->chunk_attempts, 3);
	assert_true(got->interval_s == 0 && got->interval_chunks == 0 &&
		    got->mtbf_s == 0 && !got->verify);
}

static void test_what_is_not_said_is_the_default(void **state)
{
	struct settings none = { 0 }, got;

	(void)state;
	read_back(&none, &got);
	expect_default(&got);
	read_back(&settings_default, &got);
	expect_default(&got);
}

static void test_what_makes_no_sense_is_the_default(void **state)
{
	static const char text[] =
		"{\"keep\": 0, \"compress\": 99, \"on_full\": \"explode\","
		" \"mtbf_s\": -5, \"interval_s\": 1e300, \"verify\": 3,"
		" \"chunk_max_attempts\": -1}";
	_auto_json_ struct json *j = json_parse(text, strlen(text), NULL);
	struct settings got;

	(void)state;
	settings_get(j, &got);
	expect_default(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_setting_is_read_back),
		cmocka_unit_test(test_what_is_not_said_is_the_default),
		cmocka_unit_test(test_what_makes_no_sense_is_the_default),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
