/* SPDX-License-Identifier: Apache-2.0 */
/* test_event.c - an event survives its bytes, and can be read by people */

#include <stdio.h>

#include "base/bytes.h"
#include "journal/event.h"
#include "tests/support/test.h"

static struct belay_error err;

/* One of each, with the bytes that doc/FORMAT.md gives it and its line. */
static const struct sample {
	struct event event;
	const char *word, *line;
	size_t len;
} samples[] = {
	{ { .type = EVENT_SET, .set = 1, .count = 100, .name = "main",
	    .items = { 1, 2 }, .command = { 3 } },
	  "set", "set 'main' of 100 chunks", 4 + 8 + 32 + 6 },
	{ { .type = EVENT_CHUNK_BEGIN, .set = 1, .chunk = 7, .try = 2,
	    .node = "n1" },
	  "chunk_begin", "chunk 7 begun on n1, try 2", 4 + 8 + 4 + 4 },
	{ { .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 7, .try = 1,
	    .duration_us = 192000000, .node = "n1" },
	  "chunk_done", "chunk 7 done on n1 in 3m12s", 4 + 8 + 4 + 8 + 4 },
	{ { .type = EVENT_CHUNK_FAIL, .set = 1, .chunk = 0, .try = 1,
	    .kind = FAIL_EXIT, .value = -3, .retryable = true, .node = "n1",
	    .text = "boom" },
	  "chunk_fail", "chunk 0 failed on n1: exit status -3: boom",
	  4 + 8 + 4 + 8 + 1 + 4 + 1 + 4 + 6 },
	{ { .type = EVENT_CHUNK_FAIL, .set = 1, .chunk = 9, .kind = FAIL_LOST },
	  "chunk_fail", "chunk 9 failed: lost",
	  4 + 8 + 4 + 8 + 1 + 4 + 1 + 2 + 2 },
	{ { .type = EVENT_CHUNK_GIVE_UP, .set = 2, .chunk = 9,
	    .text = "failed 3 times" },
	  "chunk_give_up", "chunk 9 given up: failed 3 times",
	  4 + 8 + 2 + 14 },
	{ { .type = EVENT_NOTE, .text = "a note" }, "note", "a note", 8 },
	{ { .type = EVENT_ACTED, .kind = 1, .text = "requeue: job 12" },
	  "acted", "requeue: job 12", 1 + 2 + 15 },
	{ { .type = EVENT_ACTED, .kind = 0, .text = "requeue: refused" },
	  "acted", "failed: requeue: refused", 1 + 2 + 16 },
	{ { .type = EVENT_CHECKPOINT, .kind = CHECKPOINT_PUBLISHED, .id = 42,
	    .bytes = 1536 << 10 },
	  "checkpoint", "checkpoint 42 published, 1.5 MiB", 1 + 8 + 8 + 2 },
	{ { .type = EVENT_CHECKPOINT, .kind = CHECKPOINT_DAMAGED, .id = 42,
	    .text = "a.dat: digest" },
	  "checkpoint", "checkpoint 42 damaged: a.dat: digest",
	  1 + 8 + 8 + 2 + 13 },
	{ { .type = EVENT_BEAT }, "beat", "beat", 0 },
	{ { .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 7, .try = 1,
	    .node = "n1", .result = { .kind = RESULT_INLINE, .length = 3,
				      .bytes = "abc" } },
	  "chunk_done", "chunk 7 done on n1, 3 B of result",
	  4 + 8 + 4 + 8 + 4 + 1 + 4 + 3 },
	{ { .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 7, .try = 1,
	    .result = { .kind = RESULT_FILE, .segment = 1, .offset = 2,
			.length = 8192, .digest = { 9 } } },
	  "chunk_done", "chunk 7 done, 8.0 KiB of result",
	  4 + 8 + 4 + 8 + 2 + 1 + 4 + 8 + 8 + 16 },
	{ { .type = EVENT_PROGRESS, .iteration = 7, .current_time = 0.5,
	    .error_estimate = 1e-9 },
	  "progress", "iteration 7, at 0.5, error 1e-09", 24 },
	{ { .type = EVENT_PROGRESS, .iteration = 8 },
	  "progress", "iteration 8", 24 },
	{ { .type = EVENT_NODE, .kind = NODE_FAILED, .node = "n7",
	    .text = "no fan" },
	  "node", "node n7 failed: no fan", 1 + 4 + 8 },
	{ { .type = EVENT_NODE, .kind = NODE_RECOVERED, .node = "n7" },
	  "node", "node n7 recovered", 1 + 4 + 2 },
	{ { .type = EVENT_RESTORED, .id = 3 },
	  "restored", "checkpoint 3 restored", 8 },
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct record record_of(const struct sample *s, struct buf *bytes)
{
	struct record rec = {
		.attempt = 3, .writer = "w", .seq = 5, .time_us = 6,
		.type = (uint16_t)s->event.type,
	};

	assert_int_equal(event_encode(&s->event, bytes), 0);
	rec.payload = bytes->data;
	rec.len = bytes->len;
	return rec;
}

static void test_every_event_survives_its_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		_auto_buf_ struct buf bytes = { 0 }, again = { 0 };
		struct record rec = record_of(&samples[i], &bytes);
		struct event e;

		memset(&e, 0xff, sizeof(e));
		assert_int_equal(bytes.len, samples[i].len);
		assert_int_equal(event_decode(&rec, &e, &err), 1);
		assert_int_equal(event_encode(&e, &again), 0);
		assert_int_equal(again.len, bytes.len);
		if (bytes.len)
			assert_memory_equal(again.data, bytes.data, bytes.len);
		assert_int_equal(e.attempt, 3);
		assert_int_equal(e.seq, 5);
		assert_string_equal(e.node, samples[i].event.node);
		assert_string_equal(e.text, samples[i].event.text);
	}
}

static void test_every_event_has_a_word_and_a_line(void **state)
{
	char line[EVENT_TEXT];

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		event_line(&samples[i].event, line);
		assert_string_equal(line, samples[i].line);
		assert_string_equal(event_word(samples[i].event.type),
				    samples[i].word);
	}
}

/* A result is there or not: without it a record of so many bytes is one. */
static bool is_whole(const struct sample *s, size_t len)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct event e = s->event;

	e.result.kind = RESULT_NONE;
	assert_int_equal(event_encode(&e, &bytes), 0);
	return len == bytes.len;
}

static void test_a_payload_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		_auto_buf_ struct buf bytes = { 0 };
		struct record rec = record_of(&samples[i], &bytes);
		struct event e;

		for (rec.len = 0; rec.len < bytes.len; rec.len++)
			if (!is_whole(&samples[i], rec.len))
				assert_fails(event_decode(&rec, &e, &err),
					     &err, BELAY_ECORRUPT,
					     "record 5 of 'w' is no '");
	}
}

static void test_what_a_newer_belay_adds_is_passed_over(void **state)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct record rec = record_of(&samples[1], &bytes);
	char line[EVENT_TEXT];
	struct event e;

	(void)state;
	buf_add(&bytes, "more", 4);	/* behind the fields known here */
	rec.payload = bytes.data;
	rec.len = bytes.len;
	assert_int_equal(event_decode(&rec, &e, &err), 1);
	rec.type = 77;
	assert_int_equal(event_decode(&rec, &e, &err), 0);
	rec.type = 18000;
	assert_int_equal(event_decode(&rec, &e, &err), 0);
	assert_string_equal(event_word(77), "event 77");
	e.type = (enum event_type)77;
	event_line(&e, line);
	assert_string_equal(line, "event 77");
	assert_int_equal(event_encode(&e, &bytes), -1);
}

static void test_a_long_text_is_cut_and_ended(void **state)
{
	struct event e = { .type = EVENT_CHUNK_GIVE_UP };
	char line[EVENT_TEXT];

	(void)state;
	memset(e.text, 'x', sizeof(e.text) - 1);
	event_line(&e, line);
	assert_int_equal(strlen(line), EVENT_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_survives_its_bytes),
		cmocka_unit_test(test_every_event_has_a_word_and_a_line),
		cmocka_unit_test(test_a_payload_cut_anywhere_is_refused),
		cmocka_unit_test(test_what_a_newer_belay_adds_is_passed_over),
		cmocka_unit_test(test_a_long_text_is_cut_and_ended),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
