/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c - what one end says the other understands, and nothing else */

#include "cmd/map/wire.h"
#include "tests/support/test.h"

static struct belay_error err;

static const struct wire messages[] = {
	{ .type = WIRE_HELLO, .protocol = 1, .node = "n1", .number = 64 },
	{ .type = WIRE_BEGUN, .chunk = 1ull << 40, .try = 3 },
	{ .type = WIRE_OUTPUT, .chunk = 7, .number = 1, .blob = "a\0b",
	  .blob_len = 3 },
	{ .type = WIRE_RESULT, .chunk = 7, .try = 1, .kind = 2, .value = -9,
	  .duration_us = 12345678, .reason = "it was late" },
	{ .type = WIRE_SIGNAL, .number = 15 },
	{ .type = WIRE_BYE },
	{ .type = WIRE_STUCK, .chunk = 8, .reason = "No space left on device" },
	{ .type = WIRE_WORK, .blob = "work", .blob_len = 4 },
	{ .type = WIRE_RUN, .chunk = 9, .try = 1, .blob = "item one",
	  .blob_len = 8 },
	{ .type = WIRE_RUN, .chunk = 9, .try = 1 },
	{ .type = WIRE_STOP },
	{ .type = WIRE_BEAT },
};
#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static void assert_same(const struct wire *a, const struct wire *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->try, b->try);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->chunk, b->chunk);
	assert_int_equal(a->duration_us, b->duration_us);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->value, b->value);
	assert_string_equal(a->node, b->node);
	assert_string_equal(a->reason, b->reason);
	assert_int_equal(a->blob_len, b->blob_len);
	if (a->blob_len)
		assert_memory_equal(a->blob, b->blob, a->blob_len);
}

static void test_every_message_comes_back_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MESSAGES; i++) {
		_auto_buf_ struct buf bytes = { 0 };
		struct wire got;

		wire_encode(&messages[i], &bytes);
		assert_ok(wire_decode(bytes.data, bytes.len, &got, &err), &err);
		assert_same(&got, &messages[i]);
	}
}

static void test_a_message_cut_or_with_more_behind_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MESSAGES; i++) {
		_auto_buf_ struct buf bytes = { 0 };
		struct wire got;

		wire_encode(&messages[i], &bytes);
		for (size_t len = 1; len < bytes.len; len++)
			assert_fails(wire_decode(bytes.data, len, &got, &err),
				     &err, BELAY_ECORRUPT, "wrong length");
		buf_add(&bytes, "", 1);
		assert_fails(wire_decode(bytes.data, bytes.len, &got, &err),
			     &err, BELAY_ECORRUPT, "wrong length");
	}
}

static void test_unknown_types_are_refused(void **state)
{
	struct wire got;

	(void)state;
	assert_fails(wire_decode("", 0, &got, &err), &err, BELAY_ECORRUPT,
		     "unknown type: 0");
	assert_fails(wire_decode("\x63", 1, &got, &err), &err, BELAY_ECORRUPT,
		     "unknown type: 99");
}

static void test_a_blob_cannot_claim_more_than_there_is(void **state)
{
	static const char huge[] = "\x10\xff\xff\xff\xff" "abc";
	struct wire got;

	(void)state;
	assert_fails(wire_decode(huge, sizeof(huge) - 1, &got, &err), &err,
		     BELAY_ECORRUPT, "wrong length");
	assert_int_equal(got.blob_len, 0);
}

static char *argv[] = {
	(char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "" },
	(char[]){ "x {} y" },
};

static void test_work_comes_back_with_all_its_words(void **state)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct command command;
	struct work_box box;

	(void)state;
	assert_ok(command_init(&command, argv, 4, &err), &err);
	work_encode(&(struct work){
		.command = &command, .set = "main", .run = "run", .attempt = 3,
		.slots = 2, .timeout_s = 1.5, .output = "out" }, &bytes);
	command_fini(&command);
	assert_ok(work_decode(bytes.data, bytes.len, &box, &err), &err);
	assert_string_equal(box.work.set, "main");
	assert_string_equal(box.work.run, "run");
	assert_int_equal(box.work.attempt, 3);
	assert_int_equal(box.work.slots, 2);
	assert_true(box.work.timeout_s == 1.5);
	assert_null(box.work.into);
	assert_string_equal(box.work.output, "out");
	assert_int_equal(box.work.command->argc, 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(box.work.command->argv[i], argv[i]);
	assert_null(box.work.command->argv[4]);
	work_box_fini(&box);
}

static void test_work_that_is_cut_anywhere_is_refused(void **state)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct command command;
	struct work_box box;

	(void)state;
	assert_ok(command_init(&command, argv, 4, &err), &err);
	work_encode(&(struct work){
		.command = &command, .set = "main", .run = "run" }, &bytes);
	command_fini(&command);
	for (size_t len = 0; len < bytes.len; len++)
		assert_fails(work_decode(bytes.data, len, &box, &err), &err,
			     BELAY_ECORRUPT, "work that cannot be understood");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_comes_back_as_it_was),
		cmocka_unit_test(
			test_a_message_cut_or_with_more_behind_is_refused),
		cmocka_unit_test(test_unknown_types_are_refused),
		cmocka_unit_test(test_a_blob_cannot_claim_more_than_there_is),
		cmocka_unit_test(test_work_comes_back_with_all_its_words),
		cmocka_unit_test(test_work_that_is_cut_anywhere_is_refused),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
