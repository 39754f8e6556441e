/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - what config/ offers to be edited is good, and the manual
 * knows every key */

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "policy/schema.h"
#include "tests/support/test.h"

static struct belay_error err;

/* Tests run where the Makefile lies. */
static void read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		fail_msg("cannot open '%s'", path);
	while ((n = read(fd, buf_room(out, 4096), 4096)) > 0)
		out->len += (size_t)n;
	close(fd);
	assert_int_equal(n, 0);
	buf_add(out, "", 0);
}

static void load(const char *path, struct policy *p)
{
	_auto_buf_ struct buf text = { 0 };

	read_file(path, &text);
	assert_ok(policy_parse(path, buf_text(&text), text.len, p, &err), &err);
}

static void test_every_policy_in_config_is_good(void **state)
{
	struct policy p;
	glob_t found;

	(void)state;
	assert_int_equal(glob("config/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		load(found.gl_pathv[i], &p);
	assert_true(found.gl_pathc >= 5);
	globfree(&found);
}

static void test_a_presets_file_is_the_preset(void **state)
{
	_auto_buf_ struct buf of_file = { 0 }, of_name = { 0 };
	char path[64];
	struct policy p;

	(void)state;
	for (int i = 0; policy_presets[i]; i++) {
		snprintf(path, sizeof(path), "config/%s.yaml",
			 policy_presets[i]);
		load(path, &p);
		policy_format(&p, &of_file);
		assert_ok(policy_preset(policy_presets[i], &p, &err), &err);
		policy_format(&p, &of_name);
		assert_string_equal(buf_text(&of_file), buf_text(&of_name));
	}
}

static void test_the_plugin_is_optional(void **state)
{
	_auto_buf_ struct buf text = { 0 };
	char *line, *save;

	(void)state;
	read_file("config/belay.conf", &text);
	for (line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (line[0] != '#')
			assert_string_equal(line, "optional spank_belay.so");
}

static void expect_words(const char *page, const struct field *keys)
{
	char entry[64];

	for (; keys->key; keys++) {
		if (keys->type == FIELD_LATER)
			continue;
		snprintf(entry, sizeof(entry), "\n.B %s\n", keys->key);
		if (!strstr(page, entry))
			fail_msg("belay-policy(5) lacks '%s'", keys->key);
		if (keys->keys)
			expect_words(page, keys->keys);
	}
}

static void test_the_manual_knows_every_key_cause_and_action(void **state)
{
	_auto_buf_ struct buf page = { 0 };
	char entry[64];

	(void)state;
	read_file("man/belay-policy.5", &page);
	expect_words(buf_text(&page), schema_policy);
	expect_words(buf_text(&page), schema_rule);
	for (int i = 0; cause_words[i]; i++) {
		snprintf(entry, sizeof(entry), "\n.B %s\n", cause_words[i]);
		assert_non_null(strstr(buf_text(&page), entry));
	}
	for (int i = 0; policy_actions[i]; i++) {
		snprintf(entry, sizeof(entry), "\n.B %s\n", policy_actions[i]);
		assert_non_null(strstr(buf_text(&page), entry));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_policy_in_config_is_good),
		cmocka_unit_test(test_a_presets_file_is_the_preset),
		cmocka_unit_test(test_the_plugin_is_optional),
		cmocka_unit_test(
			test_the_manual_knows_every_key_cause_and_action),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
