/* SPDX-License-Identifier: Apache-2.0 */
/* test_manifest.c - a MANIFEST is read as if a stranger had written it */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/manifest.h"
#include "tests/support/test.h"

static const char digest[] = "0123456789abcdef0123456789abcdef";

static void make(struct buf *out)
{
	_auto_checkpoint_ struct checkpoint c = {
		.id = 42, .attempt = 3, .created_us = 1763907083123456,
		.chunks_done = 7, .writer = "n1-123", .label = "step 10",
	};
	struct belay_error err;

	assert_ok(manifest_add(&c, "z", 5, 0644, &err), &err);
	assert_ok(manifest_add(&c, "a/b", 7, 0100600, &err), &err);
	assert_ok(digest_parse(digest, &c.files[0].digest), &err);
	assert_ok(manifest_encode(&c, out, &err), &err);
}

static void test_what_is_written_is_read(void **state)
{
	_auto_buf_ struct buf text = { 0 };
	_auto_checkpoint_ struct checkpoint c = { 0 };
	struct belay_error err;
	char hex[DIGEST_HEX];

	(void)state;
	make(&text);
	assert_ok(manifest_decode(text.data, text.len, &c, &err), &err);
	assert_int_equal(c.id, 42);
	assert_int_equal(c.attempt, 3);
	assert_int_equal(c.created_us, 1763907083123456);
	assert_int_equal(c.chunks_done, 7);
	assert_int_equal(c.bytes, 12);
	assert_string_equal(c.writer, "n1-123");
	assert_string_equal(c.label, "step 10");
	assert_int_equal(c.n_files, 2);
	assert_string_equal(c.files[0].name, "a/b");
	assert_int_equal(c.files[0].mode, 0600);
	assert_string_equal(c.files[1].name, "z");
	digest_format(&c.files[1].digest, hex);
	assert_string_equal(hex, digest);
}

static void make_packed(struct buf *out)
{
	_auto_checkpoint_ struct checkpoint c = {
		.attempt = 3, .created_us = 1763907083123456, .step = 9,
		.writer = "n1-123", .label = "warm", .stored = 4096,
		.bytes = 10000, .ranks = 2, .progress = { 7, 0.1, -1e300 },
	};
	struct belay_error err;

	c.parts = calloc(2, sizeof(*c.parts));
	assert_non_null(c.parts);
	for (int i = 0; i < 2; i++)
		c.parts[i] = (struct pack_sum){ .size = 9000, .bytes = 5000,
						.stored = 2048 };
	c.parts[1].n_parents = 1;
	strcpy(c.parts[1].parent[0].name, "parent.000041.1");
	assert_ok(digest_parse(digest, &c.parts[1].index), &err);
	assert_ok(manifest_encode(&c, out, &err), &err);
}

static void test_a_packed_one_is_read(void **state)
{
	_auto_buf_ struct buf text = { 0 };
	_auto_checkpoint_ struct checkpoint c = { 0 };
	struct belay_error err;
	char hex[DIGEST_HEX];

	(void)state;
	make_packed(&text);
	assert_non_null(strstr(buf_text(&text), "\"format\":2,"));
	assert_ok(manifest_decode(text.data, text.len, &c, &err), &err);
	assert_int_equal(c.ranks, 2);
	assert_int_equal(c.step, 9);
	assert_int_equal(c.stored, 4096);
	assert_int_equal(c.bytes, 10000);
	assert_true(c.progress.current_time == 0.1 &&
		    c.progress.error_estimate == -1e300);
	assert_int_equal(c.parts[0].size, 9000);
	assert_string_equal(c.parts[1].parent[0].name, "parent.000041.1");
	digest_format(&c.parts[1].index, hex);
	assert_string_equal(hex, digest);
}

/* What a stranger may have put in the place of `from`. */
static void expect_no_packed(const char *from, const char *to)
{
	_auto_buf_ struct buf text = { 0 }, forged = { 0 };
	struct json_out o = { .buf = &forged, .depth = 1 };
	struct checkpoint c;
	struct belay_error err;
	char *at;

	make_packed(&text);
	*strstr(text.data, ",\"check\":") = '\0';
	at = strstr(text.data, from);
	if (!at)
		fail_msg("'%s' is not in '%s'", from, text.data);
	buf_add(&forged, text.data, (size_t)(at - text.data));
	buf_puts(&forged, to);
	buf_puts(&forged, at + strlen(from));
	o.comma = true;
	json_seal(&o);
	assert_fails(manifest_decode(forged.data, forged.len, &c, &err), &err,
		     BELAY_ECORRUPT, "MANIFEST ");
}

static void test_a_packed_one_that_makes_no_sense_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "\"ranks\":2", "\"ranks\":0" },
		{ "\"ranks\":2", "\"ranks\":3" },
		{ "\"ranks\":2", "\"ranks\":1" },
		{ "\"ranks\":2", "\"ranks\":4000000000" },
		{ "\"rank\":1", "\"rank\":0" },
		{ "\"size\":9000", "\"size\":-1" },
		{ "\"size\":9000", "\"size\":100" },
		{ "\"bytes\":5000", "\"bytes\":5001" },
		{ "parent.000041.1", "../000041/part.1" },
		{ "parent.000041.1", "parent.41.1" },
		{ "parent.000041.1", "part.1" },
		{ "\"digest\":\"0123", "\"digest\":\"xyzw" },
		{ "\"parents\":[]", "\"parents\":7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_no_packed(cases[i][0], cases[i][1]);
}

static void flip_each(void (*fill)(struct buf *))
{
	_auto_buf_ struct buf text = { 0 };
	struct belay_error err;

	fill(&text);
	for (size_t i = 0; i < text.len * 8; i++) {
		struct checkpoint c;

		text.data[i / 8] ^= (char)(1 << i % 8);
		/* the newline and brace at the end are not covered, nor is
		 * the case of the check's digits */
		if (manifest_decode(text.data, text.len, &c, &err) == 0) {
			assert_in_range(i / 8, text.len - 36, text.len - 1);
			checkpoint_fini(&c);
		} else {
			assert_int_equal(err.code, BELAY_ECORRUPT);
		}
		text.data[i / 8] ^= (char)(1 << i % 8);
	}
}

static void test_every_flipped_bit_of_a_packed_one_is_found(void **state)
{
	(void)state;
	flip_each(make_packed);
}

static void test_every_flipped_bit_is_found(void **state)
{
	(void)state;
	flip_each(make);
}

static void test_every_cut_is_found(void **state)
{
	_auto_buf_ struct buf text = { 0 };
	struct belay_error err;
	struct checkpoint c;

	(void)state;
	make(&text);
	for (size_t len = 0; len < text.len; len++)
		assert_fails(manifest_decode(text.data, len, &c, &err), &err,
			     BELAY_ECORRUPT, "MANIFEST");
}

/* A MANIFEST with a good check over whatever it says. */
static void seal(struct buf *out, const char *head)
{
	struct digest d = digest_of(head, strlen(head));
	char hex[DIGEST_HEX];

	digest_format(&d, hex);
	buf_clear(out);
	buf_printf(out, "%s,\"check\":\"%s\"}\n", head, hex);
}

#define HEAD "{\"format\":1,\"id\":\"1\",\"bytes\":1,\"files\":["
#define FILE_OF(name) "{\"name\":\"" name "\",\"size\":1,\"mode\":\"0600\"," \
		      "\"digest\":\"0123456789abcdef0123456789abcdef\"}"

static void test_a_hostile_manifest_is_refused(void **state)
{
	static const struct { const char *head, *words; } cases[] = {
		{ HEAD FILE_OF("../x") "]", "not a path below" },
		{ HEAD FILE_OF("a/../x") "]", "not a path below" },
		{ HEAD FILE_OF("/etc/passwd") "]", "not a path below" },
		{ HEAD FILE_OF("a//b") "]", "not a path below" },
		{ HEAD FILE_OF("./b") "]", "not a path below" },
		{ HEAD FILE_OF("b/") "]", "not a path below" },
		{ HEAD FILE_OF("") "]", "not a path below" },
		{ HEAD FILE_OF("MANIFEST") "]", "may not have this name" },
		{ HEAD FILE_OF("a\\nb") "]", "control character" },
		{ HEAD FILE_OF("a") "," FILE_OF("a") "]", "a file twice" },
		{ HEAD "{\"name\":\"a\"}]", "without name, size, mode" },
		{ HEAD "7]", "without name, size, mode" },
		{ HEAD "{\"name\":\"a\",\"size\":1,\"mode\":\"4755\","
		  "\"digest\":\"0123456789abcdef0123456789abcdef\"}]",
		  "without name, size, mode" },
		{ HEAD "{\"name\":\"a\",\"size\":18446744073709551614,"
		  "\"mode\":\"0600\",\"digest\":"
		  "\"0123456789abcdef0123456789abcdef\"}]", "file is too large" },
		{ HEAD "]", "sizes that do not add up" },
		{ "{\"format\":1,\"id\":\"1\"", "lists no files" },
		{ "{\"id\":\"1\"", "has no format" },
		{ "{\"format\":1,", "JSON" },
		{ "[1", "JSON" },
	};
	_auto_buf_ struct buf text = { 0 };
	struct belay_error err;
	struct checkpoint c;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seal(&text, cases[i].head);
		assert_fails(manifest_decode(text.data, text.len, &c, &err),
			     &err, BELAY_ECORRUPT, cases[i].words);
	}
	seal(&text, HEAD FILE_OF("..a/...") "]");	/* odd, but below */
	assert_ok(manifest_decode(text.data, text.len, &c, &err), &err);
	checkpoint_fini(&c);
}

static void test_a_newer_format_is_left_alone(void **state)
{
	_auto_buf_ struct buf text = { 0 };
	struct belay_error err;
	struct checkpoint c;

	(void)state;
	seal(&text, "{\"format\":3");
	assert_fails(manifest_decode(text.data, text.len, &c, &err), &err,
		     BELAY_EFAILED, "format 3 of a newer belay");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_every_flipped_bit_is_found),
		cmocka_unit_test(test_every_flipped_bit_of_a_packed_one_is_found),
		cmocka_unit_test(test_a_packed_one_is_read),
		cmocka_unit_test(
			test_a_packed_one_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_every_cut_is_found),
		cmocka_unit_test(test_a_hostile_manifest_is_refused),
		cmocka_unit_test(test_a_newer_format_is_left_alone),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
