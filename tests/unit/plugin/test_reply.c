/* SPDX-License-Identifier: Apache-2.0 */
/* test_reply.c - of what the agent says, only what keeps the rules counts */

#include <stdio.h>

#include "plugin/reply.h"
#include "tests/support/test.h"

static struct reply reply;

static int parse(const char *text)
{
	reply_init(&reply);
	reply_feed(&reply, text, strlen(text));
	return reply_end(&reply);
}

static void test_variables_come_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(parse("BELAY_RUN=a\nBELAY_RUN_DIR=/r/a b=c\n"
			       "BELAY_ATTEMPT=\nBELAY_OK=1\n"), 0);
	assert_int_equal(reply.n_vars, 3);
	assert_string_equal(reply.var[0].name, "BELAY_RUN");
	assert_string_equal(reply.var[0].value, "a");
	assert_string_equal(reply_get(&reply, "BELAY_RUN_DIR"), "/r/a b=c");
	assert_string_equal(reply_get(&reply, "BELAY_ATTEMPT"), "");
	assert_null(reply_get(&reply, "BELAY_OK"));
}

static void test_it_does_not_matter_where_the_bytes_are_cut(void **state)
{
	const char *text = "BELAY_RUN=a\nBELAY_SAY=b c\nBELAY_OK=1\n";

	(void)state;
	reply_init(&reply);
	for (const char *p = text; *p; p++)
		assert_int_equal(reply_feed(&reply, p, 1), 0);
	assert_int_equal(reply_end(&reply), 0);
	assert_string_equal(reply_get(&reply, "BELAY_RUN"), "a");
	assert_int_equal(reply.n_say, 1);
	assert_string_equal(reply.say[0], "b c");
}

static void test_what_breaks_a_rule_is_dropped_whole(void **state)
{
	static const struct { const char *text, *fault; } cases[] = {
		{ "", "no end" },
		{ "BELAY_RUN=a\n", "no end" },
		{ "BELAY_OK=1", "an unfinished line" },
		{ "BELAY_RUN=a\nBELAY_OK=1\nBELAY_RU", "an unfinished line" },
		{ "BELAY_OK=1\nBELAY_RUN=a\n", "a line after the end" },
		{ "BELAY_OK=1\nBELAY_OK=1\n", "a line after the end" },
		{ "BELAY_OK=0\n", "a bad end" },
		{ "\nBELAY_OK=1\n", "a line that is not" },
		{ "hello\nBELAY_OK=1\n", "a line that is not" },
		{ "PATH=/tmp\nBELAY_OK=1\n", "a line that is not" },
		{ "LD_PRELOAD=x\nBELAY_OK=1\n", "a line that is not" },
		{ "BELAY_=a\nBELAY_OK=1\n", "a line that is not" },
		{ "BELAY_RUN\nBELAY_OK=1\n", "a line that is not" },
		{ "BELAY_RUN2=a\nBELAY_OK=1\n", "a line that is not" },
		{ "BELAY_run=a\nBELAY_OK=1\n", "a line that is not" },
		{ " BELAY_RUN=a\nBELAY_OK=1\n", "a line that is not" },
		{ "BELAY_RUN=a\tb\nBELAY_OK=1\n", "a control character" },
		{ "BELAY_RUN=a\r\nBELAY_OK=1\n", "a control character" },
		{ "BELAY_RUN=\033[2J\nBELAY_OK=1\n", "a control character" },
		{ "BELAY_RUN=a\177\nBELAY_OK=1\n", "a control character" },
		{ "BELAY_WAIT=\nBELAY_OK=1\n", "a bad number of seconds" },
		{ "BELAY_WAIT=0\nBELAY_OK=1\n", "a bad number of seconds" },
		{ "BELAY_WAIT=-5\nBELAY_OK=1\n", "a bad number of seconds" },
		{ "BELAY_WAIT=301\nBELAY_OK=1\n", "a bad number of seconds" },
		{ "BELAY_WAIT=99999999999\n", "a bad number of seconds" },
		{ "BELAY_SAY=1\nBELAY_SAY=2\nBELAY_SAY=3\nBELAY_SAY=4\n"
		  "BELAY_SAY=5\nBELAY_OK=1\n", "too many lines for people" },
		{ "BELAY_ERROR=a\nnonsense\n", "a line that is not" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text), -1);
		assert_non_null(reply.fault);
		if (!strstr(reply.fault, cases[i].fault))
			fail_msg("'%s': '%s'", cases[i].text, reply.fault);
		assert_null(reply.error);
	}
}

static void test_an_error_is_the_agents_word_and_no_fault(void **state)
{
	(void)state;
	assert_int_equal(parse("BELAY_ERROR=p.yaml:2:1: unknown key\n"), -1);
	assert_null(reply.fault);
	assert_string_equal(reply.error, "p.yaml:2:1: unknown key");
	assert_int_equal(parse("BELAY_ERROR=no\nBELAY_OK=1\n"), -1);
	assert_string_equal(reply.error, "no");
}

static void test_a_nul_is_a_control_character(void **state)
{
	static const char text[] = "BELAY_RUN=a\0b\nBELAY_OK=1\n";

	(void)state;
	reply_init(&reply);
	assert_int_equal(reply_feed(&reply, text, sizeof(text) - 1), -1);
	assert_string_equal(reply.fault, "a control character");
	assert_int_equal(reply_feed(&reply, "BELAY_OK=1\n", 11), -1);
}

/* A line of length bytes without its end. */
static int feed_line(size_t length)
{
	char line[2 * REPLY_LINE];

	memset(line, 'x', sizeof(line));
	memcpy(line, "BELAY_X=", 8);
	line[length] = '\n';
	return reply_feed(&reply, line, length + 1);
}

static void test_a_line_has_at_most_4096_bytes(void **state)
{
	(void)state;
	reply_init(&reply);
	assert_int_equal(feed_line(REPLY_LINE), 0);
	assert_int_equal(feed_line(REPLY_LINE + 1), -1);
	assert_string_equal(reply.fault, "too long a line");
}

static void test_a_reply_has_at_most_32_lines(void **state)
{
	(void)state;
	reply_init(&reply);
	for (int i = 0; i < REPLY_LINES; i++)
		assert_int_equal(feed_line(REPLY_LINE), 0);
	assert_int_equal(reply.used, sizeof(reply.text));
	assert_int_equal(feed_line(10), -1);
	assert_string_equal(reply.fault, "too many lines");
}

static void test_the_last_wish_to_wait_counts(void **state)
{
	(void)state;
	assert_int_equal(parse("BELAY_WAIT=7\nBELAY_WAIT=300\nBELAY_OK=1\n"),
			 0);
	assert_int_equal(reply.wait_s, 300);
}

static void test_a_new_reply_knows_nothing_of_the_last(void **state)
{
	(void)state;
	parse("BELAY_RUN=a\nBELAY_SAY=b\nBELAY_ERROR=c\nnonsense\n");
	assert_int_equal(parse("BELAY_OK=1\n"), 0);
	assert_int_equal(reply.n_vars + reply.n_say, 0);
	assert_null(reply_get(&reply, "BELAY_RUN"));
	assert_false(reply.silent);
	assert_int_equal(parse(""), -1);
	assert_true(reply.silent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables_come_in_their_order),
		cmocka_unit_test(
			test_it_does_not_matter_where_the_bytes_are_cut),
		cmocka_unit_test(test_what_breaks_a_rule_is_dropped_whole),
		cmocka_unit_test(test_an_error_is_the_agents_word_and_no_fault),
		cmocka_unit_test(test_a_nul_is_a_control_character),
		cmocka_unit_test(test_a_line_has_at_most_4096_bytes),
		cmocka_unit_test(test_a_reply_has_at_most_32_lines),
		cmocka_unit_test(test_the_last_wish_to_wait_counts),
		cmocka_unit_test(
			test_a_new_reply_knows_nothing_of_the_last),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
