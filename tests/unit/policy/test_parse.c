/* SPDX-License-Identifier: Apache-2.0 */
/* test_parse.c - a policy means what it says, or is refused with its place */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "policy/policy.h"
#include "tests/support/test.h"

#define V "version: 1\n"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct belay_error err;

static int parse(const char *text, struct policy *p)
{
	return policy_parse("p.yaml", text, strlen(text), p, &err);
}

/* The policy of the contract, but for the keys of a later version. */
static const char full[] =
	V "preset: checkpoint-recovery  # where it starts from\n"
	"attempts:\n"
	"  max: 20\n"
	"  burst: 3/30m\n"
	"  without_progress: 4\n"
	"  backoff: {initial: 1.5s, factor: 1.5, max: 1h}\n"
	"  give_up: fail\n"
	"chunks: {max_attempts: 7, timeout: 2h}\n"
	"checkpoint:\n"
	"  interval: 100 chunks\n"
	"  keep: 9\n"
	"  keep_every: 24h\n"
	"  compress: zstd:7\n"
	"  verify: true\n"
	"  on_full: pause\n"
	"nodes: {exclude_for: 2d}\n"
	"rules:\n"
	"  - name: preemption is nobody's fault\n"
	"    on: [preempted, requeued]\n"
	"    action: restore\n"
	"    counts: false\n"
	"  - name: \"a wrong command line\"\n"
	"    on: [failed]\n"
	"    exit_codes: [2, 64-78, 126, \"127\"]\n"
	"    action: fail\n"
	"  - {on: [timeout], action: hold, max: 3}\n";

static void test_every_setting_is_read(void **state)
{
	struct policy p;

	(void)state;
	assert_ok(parse(full, &p), &err);
	assert_string_equal(p.preset, "checkpoint-recovery");
	assert_int_equal(p.attempts_max, 20);
	assert_int_equal(p.burst.n, 3);
	assert_true(p.burst.within_s == 1800);
	assert_int_equal(p.without_progress, 4);
	assert_true(p.backoff_initial_s == 1.5);
	assert_true(p.backoff_factor == 1.5);
	assert_true(p.backoff_max_s == 3600);
	assert_int_equal(p.give_up, ACTION_FAIL);
	assert_int_equal(p.chunk_attempts, 7);
	assert_true(p.chunk_timeout_s == 7200);
	assert_int_equal(p.checkpoint.interval.chunks, 100);
	assert_false(p.checkpoint.interval.automatic);
	assert_int_equal(p.checkpoint.keep, 9);
	assert_true(p.checkpoint.keep_every_s == 86400);
	assert_int_equal(p.checkpoint.compress, 7);
	assert_true(p.checkpoint.verify);
	assert_int_equal(p.checkpoint.on_full, FULL_PAUSE);
	assert_true(p.exclude_for_s == 2 * 86400);
}

static void test_an_interval_is_one_of_three(void **state)
{
	static const struct { const char *text; struct policy_interval want; }
	cases[] = {
		{ "auto", { .automatic = true } },
		{ "10m", { .s = 600 } },
		{ "1 chunk", { .chunks = 1 } },
		{ "100 chunks", { .chunks = 100 } },
	};
	char text[80];
	struct policy p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct policy_interval *got = &p.checkpoint.interval;

		snprintf(text, sizeof(text), V "checkpoint: {interval: %s}",
			 cases[i].text);
		assert_ok(parse(text, &p), &err);
		assert_true(got->automatic == cases[i].want.automatic &&
			    got->s == cases[i].want.s &&
			    got->chunks == cases[i].want.chunks);
	}
}

static void test_rules_of_the_file_come_first(void **state)
{
	struct policy p;

	(void)state;
	assert_ok(parse(full, &p), &err);
	assert_string_equal(p.rules[0].name, "preemption is nobody's fault");
	assert_int_equal(p.rules[0].on,
			 1u << CAUSE_PREEMPTED | 1u << CAUSE_REQUEUED);
	assert_int_equal(p.rules[0].action, ACTION_RESTORE);
	assert_int_equal(p.rules[0].max, -1);
	assert_false(p.rules[0].counts);
	assert_false(p.rules[0].slurm_delay);

	assert_int_equal(p.rules[1].n_codes, 4);
	assert_int_equal(p.rules[1].codes[0].from, 2);
	assert_int_equal(p.rules[1].codes[0].to, 2);
	assert_int_equal(p.rules[1].codes[1].from, 64);
	assert_int_equal(p.rules[1].codes[1].to, 78);
	assert_int_equal(p.rules[1].codes[3].from, 127);
	assert_true(p.rules[1].counts);

	assert_string_equal(p.rules[2].name, "rule 3");
	assert_int_equal(p.rules[2].max, 3);
	assert_false(p.rules[2].builtin);
	assert_true(p.rules[3].builtin);
	assert_string_equal(p.rules[p.n_rules - 1].name, "checkpoint-recovery");
}

static void test_what_is_not_said_has_a_default(void **state)
{
	struct policy p, standard;

	(void)state;
	assert_ok(parse(V, &p), &err);
	assert_ok(policy_preset("standard", &standard, &err), &err);
	assert_memory_equal(&p, &standard, sizeof(p));
}

/* What YAML 1.1 would turn into truths, octals and base 60. */
static void test_values_are_their_text(void **state)
{
	struct policy p;

	(void)state;
	assert_ok(parse(V "rules: [{name: no, on: [failed], action: none}]",
			&p), &err);
	assert_string_equal(p.rules[0].name, "no");
	assert_int_equal(p.rules[0].action, ACTION_NONE);
	assert_ok(parse("{\"version\": \"1\", 'preset': 'none'}", &p), &err);
	assert_string_equal(p.preset, "none");
	assert_ok(parse("%YAML 1.1\n---\r\nversion: 1\r\n...\n", &p), &err);
	assert_ok(parse(V "rules: []\nattempts: {}\n", &p), &err);
	assert_ok(parse(V "attempts: {max:\t3}\t# tabs may part\n", &p), &err);
}

static const struct { const char *text, *message; } mistakes[] = {
	/* keys */
	{ V "attemps: {}", "p.yaml:2:1: unknown key 'attemps'; did you mean "
			   "'attempts'?" },
	{ V "a: 1", "p.yaml:2:1: unknown key 'a'; known here are version, "
		    "preset, attempts, chunks, checkpoint, nodes, rules" },
	{ V "attempts:\n  maxx: 3",
	  "p.yaml:3:3: unknown key 'maxx'; did you mean 'max'?" },
	{ V "preset: none\npreset: none",
	  "p.yaml:3:1: 'preset' is there twice; remove one" },
	{ V "attempts: {max: 1, max: 2}",
	  "p.yaml:2:20: 'max' is there twice; remove one" },
	{ V "[a, b]: 1", "p.yaml:2:1: a key of several parts; a key is one" },
	{ V "? {a: b}\n: 1", "p.yaml:2:3: a key of several parts" },
	{ V "<<: {}", "p.yaml:2:1: unknown key '<<'" },
	{ "preset: none", "p.yaml:1:1: 'version' is missing; add it with 1" },
	{ V "rules:\n  - name: x\n    on: [failed]",
	  "p.yaml:3:5: 'action' is missing; add it with none, retry, failover, "
	  "restore, hold or fail" },
	{ V "rules: [{action: retry}]",
	  "p.yaml:2:9: 'on' is missing; add it with a list of causes" },

	/* numbers and times */
	{ "version: 2", "p.yaml:1:10: '2' is no known version; this belay "
			"knows version 1 only" },
	{ "version: 0", "'0' is no known version; this belay knows" },
	{ "version: two", "'two' does not fit 'version'; expected 1" },
	{ V "attempts: {max: ten}", "p.yaml:2:17: 'ten' does not fit 'max'; "
				    "expected a number from 1 to 1000" },
	{ V "attempts: {max: 0}", "p.yaml:2:17: '0' is out of range for" },
	{ V "attempts: {max: 1001}", "'1001' is out of range for 'max'" },
	{ V "attempts: {max: -1}", "'-1' does not fit 'max'" },
	{ V "attempts: {max: 010}", "'010' does not fit 'max'" },
	{ V "attempts: {max: 0x10}", "'0x10' does not fit 'max'" },
	{ V "attempts: {max: 1e2}", "'1e2' does not fit 'max'" },
	{ V "attempts: {max: 1_0}", "'1_0' does not fit 'max'" },
	{ V "attempts: {max: 3.0}", "'3.0' does not fit 'max'" },
	{ V "attempts: {max: 99999999999999999999}", "does not fit 'max'" },
	{ V "attempts: {max: }", "p.yaml:2:17: an empty value does not fit "
				 "'max'; expected a number from 1 to 1000" },
	{ V "attempts: {max: ~}", "'~' does not fit 'max'" },
	{ V "attempts: {max: [3]}", "p.yaml:2:17: a list does not fit 'max'" },
	{ V "attempts: {max: {a: 3}}", "2:17: a mapping does not fit 'max'" },
	{ V "attempts: {max: \"3\\0\"}", "2:17: a NUL character; remove it" },
	{ V "attempts: {backoff: {factor: 0.5}}",
	  "'0.5' is out of range for 'factor'; expected a number from 1 to "
	  "100" },
	{ V "attempts: {backoff: {factor: 2s}}", "'2s' does not fit 'factor'" },
	{ V "attempts: {backoff: {factor: inf}}", "does not fit 'factor'" },
	{ V "attempts: {backoff: {factor: }}", "does not fit 'factor'" },
	{ V "attempts: {backoff: {max: 0s}}",
	  "'0s' is out of range for 'max'; expected a time such as 90s, 10m, "
	  "2h or 1d, from 1s to 7d" },
	{ V "chunks: {timeout: 1:30}", "'1:30' does not fit 'timeout'" },
	{ V "chunks: {timeout: 90}", "'90' does not fit 'timeout'" },
	{ V "chunks: {timeout: 05m}", "'05m' does not fit 'timeout'" },
	{ V "chunks: {timeout: 10 m}", "'10 m' does not fit 'timeout'" },
	{ V "chunks: {timeout: 999d}", "from 0s to 365d" },
	{ V "attempts: {burst: 6}", "'6' does not fit 'burst'; expected a "
				    "number per time, such as 6/1h" },
	{ V "attempts: {burst: 6/h}", "'6/h' does not fit 'burst'" },
	{ V "attempts: {burst: 0/1h}", "'0/1h' is out of range for 'burst'" },
	{ V "attempts: {burst: 6/1h/2}", "does not fit 'burst'" },
	{ V "attempts: {burst: 66666666666666666666/1h}", "does not fit" },

	{ V "checkpoint: {interval: 100}",
	  "p.yaml:2:24: '100' does not fit 'interval'; expected auto, a time "
	  "from 1s to 365d such as 10m, or a number such as 100 chunks" },
	{ V "checkpoint: {interval: 0s}", "'0s' is out of range for" },
	{ V "checkpoint: {interval: 0 chunks}", "is out of range for" },
	{ V "checkpoint: {interval: 010 chunks}", "does not fit 'interval'" },
	{ V "checkpoint: {interval: 99999999999999999999 chunks}",
	  "does not fit 'interval'" },
	{ V "checkpoint: {interval: 5 chunkss}", "does not fit 'interval'" },
	{ V "checkpoint: {keep_every: 1}", "'1' does not fit 'keep_every'" },
	{ V "checkpoint: {keep_every: 400d}", "is out of range for" },
	{ V "checkpoint: {compress: gzip}",
	  "'gzip' does not fit 'compress'; expected auto, none, zstd or "
	  "zstd:LEVEL, LEVEL from 1 to 19" },
	{ V "checkpoint: {compress: zstd:20}", "is out of range for" },
	{ V "checkpoint: {compress: zstd:03}", "does not fit 'compress'" },
	{ V "checkpoint: {verify: yes}",
	  "'yes' does not fit 'verify'; expected true or false" },
	{ V "checkpoint: {on_full: wait}", "'wait' does not fit 'on_full'; "
					   "expected prune, pause or continue" },

	/* words */
	{ V "preset: standrd", "p.yaml:2:9: 'standrd' does not fit 'preset'; "
			       "did you mean 'standard'?" },
	{ V "preset: on", "'on' does not fit 'preset'; expected none, "
			  "standard, high-availability, checkpoint-recovery, "
			  "retry, failover or restore" },
	{ V "preset:", "p.yaml:2:8: an empty value does not fit 'preset'" },
	{ V "attempts: {give_up: off}", "'off' does not fit 'give_up'; "
					"expected hold or fail" },
	{ V "attempts: {give_up: \"\"}", "an empty value does not fit" },
	{ V "attempts: {give_up: retry}", "'retry' does not fit 'give_up'" },
	{ V "attempts: 3", "p.yaml:2:11: '3' does not fit 'attempts'; "
			   "expected keys and values" },
	{ V "attempts:", "2:10: an empty value does not fit 'attempts'" },
	{ V "rules: {on: [failed]}", "p.yaml:2:8: a mapping does not fit "
				     "'rules'; expected a list of rules" },
	{ V "rules: [retry]", "p.yaml:2:9: 'retry' does not fit 'rules'" },

	/* rules */
#define RULE(text) V "rules: [{" text "}]"
	{ RULE("on: [failed], action: retri"),
	  "'retri' does not fit 'action'; did you mean 'retry'?" },
	{ RULE("on: [failed], action: retry, counts: no"),
	  "'no' does not fit 'counts'; expected true or false" },
	{ RULE("on: failed, action: retry"),
	  "'failed' does not fit 'on'; did you mean '[failed]'?" },
	{ RULE("on: node_faill, action: retry"),
	  "'node_faill' does not fit 'on'; did you mean '[node_fail]'?" },
	{ RULE("on: anything, action: retry"),
	  "'anything' does not fit 'on'; expected a list of causes such as "
	  "[node_fail, timeout]" },
	{ RULE("on: [node_faill], action: retry"),
	  "'node_faill' is not a cause; did you mean 'node_fail'?" },
	{ RULE("on: [node_fial], action: retry"),
	  "p.yaml:2:15: 'node_fial' is not a cause; did you mean "
	  "'node_fail'?" },
	{ RULE("on: [xyzzy], action: retry"),
	  "'xyzzy' is not a cause; belay-policy(5) lists them" },
	{ RULE("on: [[failed]], action: retry"), "a list does not fit 'on'" },
	{ RULE("on: [], action: retry"),
	  "p.yaml:2:9: 'on' is empty; name a cause" },
	{ RULE("on: [failed, failed], action: retry"),
	  "2:23: 'failed' is there twice; remove one" },
	{ RULE("on: [cancelled], action: retry"),
	  "nothing is ever done about 'cancelled'; remove it" },
	{ RULE("on: [completed], action: retry"), "nothing is ever done" },
	{ RULE("on: [deadline], action: retry"), "nothing is ever done" },
	{ RULE("on: [timeout], exit_codes: [2], action: retry"),
	  "exit codes need the cause 'failed'; add it to 'on'" },
	{ RULE("on: [failed], exit_codes: [0], action: retry"),
	  "'0' is out of range for 'exit_codes'; expected a list of exit "
	  "statuses such as [2, 64-78]" },
	{ RULE("on: [failed], exit_codes: [256], action: retry"),
	  "'256' is out of range for 'exit_codes'" },
	{ RULE("on: [failed], exit_codes: [78-64], action: retry"),
	  "'78-64' is out of range for 'exit_codes'" },
	{ RULE("on: [failed], exit_codes: [1-], action: retry"),
	  "'1-' does not fit 'exit_codes'" },
	{ RULE("on: [failed], exit_codes: [12345678901234567], action: retry"),
	  "does not fit 'exit_codes'" },
	{ RULE("on: [failed], exit_codes: 2, action: retry"),
	  "'2' does not fit 'exit_codes'" },
	{ RULE("on: [failed], action: retry, name: \"\""),
	  "an empty value does not fit 'name'; expected 1 to 95 printable" },
	{ RULE("on: [failed], action: retry, name: \"a\\nb\""),
	  "does not fit 'name'" },
	{ RULE("on: [failed], action: retry, name: \"a\\x85b\""),
	  "does not fit 'name'" },
	{ RULE("on: [failed], action: retry, name: \"a\\u2028b\""),
	  "does not fit 'name'" },
	{ RULE("name: a, on: [failed], action: retry}, "
	       "{name: a, on: [timeout], action: retry"),
	  "p.yaml:2:49: a rule named 'a' is there already; give it another" },
	{ RULE("name: standard, on: [failed], action: retry"),
	  "p.yaml:2:9: a rule named 'standard' is there already" },

	/* of a later version */
	{ V "time_slice: {before: auto}",
	  "p.yaml:2:1: 'time_slice' is not supported by this version; remove "
	  "it" },
	{ V "stall: {after: 30m}", "'stall' is not supported by this" },
	{ V "notify: []", "'notify' is not supported by this version" },
	{ V "on_restart: x", "'on_restart' is not supported by this" },
	{ V "nodes: {exclude_max: 10%}", "'exclude_max' is not supported" },
	{ V "nodes: {heartbeat: 10s}", "'heartbeat' is not supported" },
	{ RULE("resources: {memory: x1.5}"), "'resources' is not supported" },

	/* YAML */
	{ "", "p.yaml:1:1: the policy is empty; begin with 'version: 1'" },
	{ "# nothing\n", "the policy is empty" },
	{ "---\n", "no key; a policy is lines of 'key: value'" },
	{ "standard\n", "p.yaml:1:1: no key" },
	{ "- 1\n", "p.yaml:1:1: no key" },
	{ V "--- \nversion: 1", "p.yaml:2:1: a second document; a policy is" },
	{ V "preset: &a none", "p.yaml:2:9: an anchor '&a'; remove it" },
	{ V "attempts: &b {}", "an anchor '&b'" },
	{ V "rules: &c []", "an anchor '&c'" },
	{ V "preset: *a", "p.yaml:2:9: an alias '*a'; write the value out" },
	{ V "preset: !!str none", "a tag 'tag:yaml.org,2002:str'; remove it" },
	{ V "attempts: !x {}", "a tag '!x'" },
	{ V "rules: ! []", "a tag '!'" },
	{ V "attempts: {max: 3", "not YAML: did not find expected ',' or '}' "
				 "while parsing a flow mapping; check" },
	{ V "preset: none: b", "p.yaml:2:13: not YAML: mapping values are not "
			     "allowed in this context" },
	{ V "preset: 'none", "p.yaml:2:14: not YAML: found unexpected end of" },
	{ V "preset: \"\\q\"", "not YAML: found unknown escape character" },
	{ V "attempts:\n\tmax: 3",
	  "p.yaml:3:1: a tab in the indentation; use spaces" },
	{ V "attempts:\n  \tmax: 3", "p.yaml:3:3: a tab in the indentation" },
	{ "\xef\xbb\xbf" V, "p.yaml:1:1: a byte order mark; save the file" },
	{ "\xff\xfev", "p.yaml:1:1: this is UTF-16; save the file as UTF-8" },
	{ "\xfe\xffv", "p.yaml:1:1: this is UTF-16" },
	{ V "preset: \xe9", "p.yaml:2:9: not text: " },
	{ V "preset: \x07", "p.yaml:2:9: not text: control characters are not "
			    "allowed; save the file as UTF-8" },
};

static void test_mistakes_are_refused_with_their_place(void **state)
{
	struct policy p = { .attempts_max = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++)
		assert_fails(parse(mistakes[i].text, &p), &err, BELAY_ECONFIG,
			     mistakes[i].message);
	assert_int_equal(p.attempts_max, 77);
}

static void test_bytes_need_not_be_text(void **state)
{
	static const char text[] = "v\0e\0r\0";
	struct policy p;

	(void)state;
	assert_fails(policy_parse("p", text, sizeof(text), &p, &err), &err,
		     BELAY_ECONFIG, "p:1:2: a NUL byte; save the file as");
	assert_fails(policy_parse("p", NULL, 0, &p, &err), &err, BELAY_ECONFIG,
		     "p:1:1: the policy is empty");
}

static void test_a_long_path_leaves_room_for_what_is_wrong(void **state)
{
	char path[600];
	struct policy p;

	(void)state;
	memset(path, 'd', sizeof(path));
	memcpy(path + sizeof(path) - 8, "/p.yaml", 8);
	assert_fails(policy_parse(path, "a: 1", 4, &p, &err), &err,
		     BELAY_ECONFIG, "dd/p.yaml:1:1: unknown key 'a'; known");
	assert_memory_equal(err.text, "...ddd", 6);
}

/* Something with a number behind it, n times. */
static int parse_many(const char *before, const char *item, int n,
		      const char *end)
{
	_auto_buf_ struct buf text = { 0 };
	struct policy p;

	buf_puts(&text, before);
	for (int i = 0; i < n; i++)
		buf_printf(&text, "%s%d%s", item, i + 1, end);
	if (*end == ',')
		buf_puts(&text, "]");
	return parse(buf_text(&text), &p);
}

static void test_there_is_an_end_to_rules_and_codes(void **state)
{
	static const char rule[] = "- {on: [failed], action: retry} #";
	static const char codes[] = V "rules:\n- on: [failed]\n  action: fail\n"
				      "  exit_codes: [";

	(void)state;
	assert_ok(parse_many(V "rules:\n", rule, 64, "\n"), &err);
	assert_fails(parse_many(V "rules:\n", rule, 65, "\n"), &err,
		     BELAY_ECONFIG, "p.yaml:67:3: more than 64 rules; put");
	assert_ok(parse_many(codes, "", 32, ","), &err);
	assert_fails(parse_many(codes, "", 33, ","), &err, BELAY_ECONFIG,
		     "more than 32 exit codes; use ranges");
}

static int parse_name(int len)
{
	struct policy p;
	char text[256];

	snprintf(text, sizeof(text), RULE("on: [failed], action: none, "
					  "name: %0*d"), len, 0);
	return parse(text, &p);
}

static void test_a_name_has_an_end(void **state)
{
	(void)state;
	assert_ok(parse_name(95), &err);
	assert_fails(parse_name(96), &err, BELAY_ECONFIG,
		     "does not fit 'name'; expected 1 to 95 printable");
}

/* libyaml alone would take seconds to minutes for these. */
static void test_a_file_of_brackets_is_refused_at_once(void **state)
{
	static const struct { char c; size_t n; const char *words; } cases[] = {
		{ '[', 200000, "the file goes on; a policy has at most 64" },
		{ '[', 65536, "p.yaml:1:1: no key" },
		{ '{', 65536, "a key of several parts" },
		{ '-', 65537, "p.yaml:1:65537: the file goes on" },
		{ '?', 65536, "p.yaml:1:1: no key" },
		{ ' ', 65536, "the policy is empty" },
		{ '\n', 65536, "the policy is empty" },
	};
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = malloc(cases[i].n + 1);
		struct policy p;

		assert_non_null(text);
		memset(text, cases[i].c, cases[i].n);
		assert_fails(policy_parse("p.yaml", text, cases[i].n, &p, &err),
			     &err, BELAY_ECONFIG, cases[i].words);
		free(text);
	}
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_setting_is_read),
		cmocka_unit_test(test_an_interval_is_one_of_three),
		cmocka_unit_test(test_rules_of_the_file_come_first),
		cmocka_unit_test(test_what_is_not_said_has_a_default),
		cmocka_unit_test(test_values_are_their_text),
		cmocka_unit_test(test_mistakes_are_refused_with_their_place),
		cmocka_unit_test(test_bytes_need_not_be_text),
		cmocka_unit_test(
			test_a_long_path_leaves_room_for_what_is_wrong),
		cmocka_unit_test(test_there_is_an_end_to_rules_and_codes),
		cmocka_unit_test(test_a_name_has_an_end),
		cmocka_unit_test(test_a_file_of_brackets_is_refused_at_once),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
