/* SPDX-License-Identifier: Apache-2.0 */
/* test_format.c - what is printed means the same; a digest is the known one */

#include <string.h>

#include "base/buf.h"
#include "policy/policy.h"
#include "tests/support/test.h"

static struct belay_error err;

/* Print, read and print again. */
static void expect_round_trip(const struct policy *p)
{
	_auto_buf_ struct buf once = { 0 }, twice = { 0 };
	struct policy again;

	policy_format(p, &once);
	assert_ok(policy_parse("printed", buf_text(&once), once.len, &again,
			       &err), &err);
	policy_format(&again, &twice);
	assert_string_equal(buf_text(&once), buf_text(&twice));
}

static void test_what_is_printed_is_read_as_the_same(void **state)
{
	static const char text[] =
		"version: 1\npreset: failover\n"
		"attempts: {burst: 7/90s, give_up: fail,\n"
		"  backoff: {initial: 0.001s, factor: 1.25, max: 1.5h}}\n"
		"chunks: {timeout: 36h}\nnodes: {exclude_for: 0}\n"
		"checkpoint: {interval: 7 chunks, keep_every: 1.5d,\n"
		"  compress: zstd:12, verify: true, on_full: continue}\n"
		"rules:\n"
		"- {name: it's one, on: [failed, node_fail], action: hold,\n"
		"   exit_codes: [1, 3-9], max: 2, counts: false}\n"
		"- {name: \" '\\\"#: \\u00e9 \", on: [vanished],\n"
		"   action: none}\n";
	struct policy p;

	(void)state;
	for (int i = 0; policy_presets[i]; i++) {
		assert_ok(policy_preset(policy_presets[i], &p, &err), &err);
		expect_round_trip(&p);
	}
	assert_ok(policy_parse("p", text, strlen(text), &p, &err), &err);
	expect_round_trip(&p);
}

static void test_a_policy_is_printed_with_the_rules_of_its_preset(void **state)
{
	static const char *const lines[] = {
		"version: 1\npreset: standard\nattempts:\n  max: 10\n"
		"  burst: 6/1h\n  without_progress: 3\n"
		"  backoff: {initial: 0s, factor: 2, max: 10m}\n"
		"  give_up: hold\nchunks:\n  max_attempts: 3\n"
		"  timeout: 0s  # none\ncheckpoint:\n  interval: auto\n"
		"  keep: 5\n  keep_every: 0s  # none\n  compress: auto\n"
		"  verify: false\n  on_full: prune\n"
		"nodes:\n  exclude_for: 1d\n"
		"# then the rules of standard:\n",
		"# - name: 'only quarantined chunks are left'\n"
		"#   on: [failed]\n#   exit_codes: [65]\n#   action: fail\n",
		"# - name: 'standard: preempted'\n#   on: [preempted]\n"
		"#   action: retry\n#   counts: false\n"
		"#   # starts again when Slurm says\n",
	};
	_auto_buf_ struct buf out = { 0 };
	struct policy p;

	(void)state;
	assert_ok(policy_preset("standard", &p, &err), &err);
	policy_format(&p, &out);
	assert_memory_equal(buf_text(&out), lines[0], strlen(lines[0]));
	for (int i = 1; i < 3; i++)
		assert_non_null(strstr(buf_text(&out), lines[i]));
}

/* FIPS 180-4's own examples. */
static void test_the_digest_is_sha256(void **state)
{
	static const struct { const char *text, *hex; } cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[65];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policy_digest(cases[i].text, strlen(cases[i].text), hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_printed_is_read_as_the_same),
		cmocka_unit_test(
			test_a_policy_is_printed_with_the_rules_of_its_preset),
		cmocka_unit_test(test_the_digest_is_sha256),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
