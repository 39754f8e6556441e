/* SPDX-License-Identifier: Apache-2.0 */
/* test_decode.c - no damage to a segment is believed, and none goes unsaid */

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "journal/format.h"
#include "tests/support/test.h"

#define WRITER "map-n1-00000001"
#define BLOCK FS_BLOCK
#define BATCHES 4

/* ---- a small segment, made without the writer ---- */

struct segment {
	uint8_t bytes[24 * BLOCK];
	size_t len;
	uint64_t check;		/* of its last frame */
	uint64_t next;
};

static void start_segment(struct segment *s, unsigned attempt, uint64_t first)
{
	struct journal_header h = {
		.attempt = attempt, .segment = 1, .first = first,
		.writer = WRITER, .created_us = 1700000000000000,
	};

	memset(s, 0, sizeof(*s));
	s->check = journal_header_encode(&h, s->bytes);
	s->len = BLOCK;
	s->next = first;
}

/* A record's payload is its number all over, so that each is known; those of
 * other attempts are different ones. */
static size_t put_record(const struct segment *s, uint8_t *p, uint64_t number,
			 size_t len)
{
	uint8_t payload[6000];

	memset(payload, (int)(number + 100 * (s->bytes[32] - 1)), len);
	return journal_frame_put(p, 32, number, 7, payload, len);
}

static void add_batch(struct segment *s, unsigned records, size_t len)
{
	uint8_t *p = s->bytes + s->len, payload[JOURNAL_BATCH_PAYLOAD];
	size_t size = JOURNAL_BATCH, at;

	for (unsigned i = 0; i < records; i++)
		size += put_record(s, p + size, s->next + i, len);
	set_u64(payload, s->check);
	set_u32(payload + 8, (uint32_t)size);
	set_u32(payload + 12, records);
	journal_frame_put(p, JOURNAL_TYPE_BATCH, s->next, 7, payload,
			  sizeof(payload));
	s->check = load64(s->bytes + BLOCK - 8);
	for (at = 0; at < size; at += journal_frame_size(load32(p + at + 8)))
		s->check = journal_frame_seal(p + at,
			journal_frame_size(load32(p + at + 8)), s->check);
	s->next += records;
	s->len += journal_block_up(size);
}

/* Batches of 1, 3, 2 (over two blocks) and 2 records. */
static void make_segment(struct segment *s, unsigned attempt)
{
	start_segment(s, attempt, 1);
	add_batch(s, 1, 8);
	add_batch(s, 3, 21);
	add_batch(s, 2, 3000);
	add_batch(s, 2, 40);
}

/* ---- what is read from it ---- */

struct heard {
	uint64_t n, late;
};

static int hear(const struct record *rec, void *arg)
{
	struct heard *h = arg;
	const uint8_t *payload = rec->payload;

	assert_int_equal(rec->seq, h->n + h->late + 1);
	assert_int_equal(rec->type, 32);
	assert_string_equal(rec->writer, WRITER);
	for (size_t i = 0; i < rec->len; i++)
		assert_int_equal(payload[i], rec->seq);
	if (rec->late)
		h->late++;
	else
		h->n++;
	return 0;
}

static struct journal_end decode(const void *bytes, size_t len, uint64_t limit,
				 struct heard *h)
{
	struct journal_end end;
	/* of exactly this size, so that reading past it is found */
	void *copy = malloc(len ? len : 1);

	*h = (struct heard){ 0 };
	memcpy(copy, bytes, len);
	assert_int_equal(journal_decode(copy, len, limit, 1, WRITER, hear, h,
					&end), 0);
	free(copy);
	assert_int_equal(end.records, h->n);
	return end;
}

static struct journal_end decode_all(const struct segment *s, struct heard *h)
{
	return decode(s->bytes, s->len, UINT64_MAX, h);
}

/* ---- tests ---- */

static void test_a_whole_segment_is_clean(void **state)
{
	struct segment s;
	struct journal_end end;
	struct heard h;

	(void)state;
	make_segment(&s, 1);
	end = decode_all(&s, &h);
	assert_int_equal(end.state, JOURNAL_CLEAN);
	assert_int_equal(h.n, 8);
	assert_int_equal(end.seq, 8);
	assert_int_equal(end.length, s.len);
	assert_int_equal(end.check, s.check);
	assert_string_equal(end.reason, "");
}

static void test_a_preallocated_tail_is_clean(void **state)
{
	struct segment s;
	struct heard h;

	(void)state;
	make_segment(&s, 1);
	assert_int_equal(decode(s.bytes, sizeof(s.bytes), UINT64_MAX, &h).state,
			 JOURNAL_CLEAN);
	assert_int_equal(h.n, 8);
}

static void test_nothing_written_yet_is_clean(void **state)
{
	static const uint8_t zeros[3 * BLOCK];
	struct heard h;

	(void)state;
	for (size_t len = 0; len <= sizeof(zeros); len += BLOCK / 2) {
		struct journal_end end = decode(zeros, len, UINT64_MAX, &h);

		assert_int_equal(end.state, JOURNAL_CLEAN);
		assert_int_equal(end.length, 0);
	}
}

/* How many records are whole when only len bytes of the segment are there. */
static uint64_t whole_records(const struct segment *s, size_t len)
{
	uint64_t n = 0, at = BLOCK;

	while (at + JOURNAL_BATCH <= s->len) {
		uint32_t size = load32(s->bytes + at + 40);

		if (at + size > len)
			break;
		n += load32(s->bytes + at + 44);
		at += journal_block_up(size);
	}
	return n;
}

static void test_torn_at_any_byte_whole_batches_are_kept(void **state)
{
	struct segment s;
	struct heard h;

	(void)state;
	make_segment(&s, 1);
	for (size_t len = 0; len < s.len; len++) {
		struct journal_end end = decode(s.bytes, len, UINT64_MAX, &h);

		assert_int_not_equal(end.state, JOURNAL_CORRUPT);
		assert_int_equal(h.n, whole_records(&s, len));
		assert_true(end.length % BLOCK == 0);
	}
}

static void test_torn_at_any_byte_over_zeros_whole_batches_are_kept(void **state)
{
	struct segment s, torn;
	struct heard h;

	(void)state;
	make_segment(&s, 1);
	memset(&torn, 0, sizeof(torn));
	for (size_t len = BLOCK; len < s.len; len++) {
		uint64_t whole = whole_records(&s, len);
		struct journal_end end;

		memcpy(torn.bytes, s.bytes, len);
		end = decode(torn.bytes, sizeof(torn.bytes), UINT64_MAX, &h);
		assert_int_not_equal(end.state, JOURNAL_CORRUPT);
		/* what is missing may be zeros anyway */
		assert_in_range(h.n, whole, whole + 3);
	}
}

/* Damage before the last batch is corruption.  That the last one is lost shows
 * only against the cut. */
static void judge_damage(const struct segment *s, const uint8_t *bytes,
			 size_t at)
{
	size_t last = s->len - BLOCK;
	struct heard h;
	struct journal_end end = decode(bytes, s->len, UINT64_MAX, &h);

	if (at < last) {
		assert_int_equal(end.state, JOURNAL_CORRUPT);
		assert_true(end.reason[0]);
	} else {		/* as if it had not been written */
		assert_int_equal(h.n, 6);
	}
}

static void test_any_flipped_bit_is_found_or_harmless(void **state)
{
	struct segment s, bad;

	(void)state;
	start_segment(&s, 1, 1);
	add_batch(&s, 1, 8);
	add_batch(&s, 3, 21);
	add_batch(&s, 4, 8);
	bad = s;
	for (size_t bit = 0; bit < 8 * s.len; bit++) {
		struct heard h = { 0 };
		struct journal_end end;
		uint8_t mask = (uint8_t)(1 << bit % 8);

		bad.bytes[bit / 8] ^= mask;
		journal_decode(bad.bytes, bad.len, UINT64_MAX, 1, WRITER, hear,
			       &h, &end);
		bad.bytes[bit / 8] ^= mask;
		if (end.state == JOURNAL_CLEAN && h.n == 8)
			continue;	/* the bit stands for nothing */
		assert_true(end.reason[0]);
		if (bit / 8 < s.len - BLOCK)
			assert_int_equal(end.state, JOURNAL_CORRUPT);
	}
}

static void test_any_block_lost_swapped_or_foreign_is_found(void **state)
{
	struct segment s, other, bad;

	(void)state;
	make_segment(&s, 1);
	make_segment(&other, 2);
	for (size_t i = 0; i < s.len; i += BLOCK) {
		bad = s;	/* zeroed */
		memset(bad.bytes + i, 0, BLOCK);
		judge_damage(&s, bad.bytes, i);
		bad = s;	/* of another attempt */
		memcpy(bad.bytes + i, other.bytes + i, BLOCK);
		judge_damage(&s, bad.bytes, i);
		for (size_t j = 0; j < s.len; j += BLOCK) {
			if (i == j)
				continue;
			bad = s;	/* j written in the place of i */
			memcpy(bad.bytes + i, s.bytes + j, BLOCK);
			judge_damage(&s, bad.bytes, i);
			memcpy(bad.bytes + j, s.bytes + i, BLOCK);
			judge_damage(&s, bad.bytes, i < j ? i : j);
		}
	}
}

static void test_an_old_batch_at_the_end_is_corruption(void **state)
{
	struct segment s;
	struct heard h;
	struct journal_end end;

	(void)state;
	make_segment(&s, 1);
	memcpy(s.bytes + s.len, s.bytes + BLOCK, BLOCK);
	s.len += BLOCK;
	end = decode_all(&s, &h);
	assert_int_equal(end.state, JOURNAL_CORRUPT);
	assert_int_equal(h.n, 8);
}

static void test_each_end_says_why(void **state)
{
	static const struct {
		size_t at;
		enum journal_state state;
		const char *reason;
	} cases[] = {
		{ 0, JOURNAL_CORRUPT, "does not start as a journal" },
		{ 70, JOURNAL_CORRUPT, "its header does not verify" },
		{ 2 * BLOCK + 20, JOURNAL_CORRUPT,
		  "damaged at byte 8192; a batch was written at 12288" },
		{ 5 * BLOCK + 60, JOURNAL_TORN,
		  "an unfinished batch at byte 20480" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment s;
		struct heard h;
		struct journal_end end;

		make_segment(&s, 1);
		s.bytes[cases[i].at] ^= 1;
		end = decode_all(&s, &h);
		assert_string_equal(end.reason, cases[i].reason);
		assert_int_equal(end.state, cases[i].state);
	}
}

static void test_a_file_of_another_attempt_or_version_is_not_read(void **state)
{
	struct segment s;
	struct heard h;
	struct journal_end end;

	(void)state;
	make_segment(&s, 2);
	end = decode_all(&s, &h);
	assert_string_equal(end.reason, "its header is of attempt 2, writer '"
			    WRITER "'");
	assert_int_equal(end.state, JOURNAL_CORRUPT);

	make_segment(&s, 1);
	set_u32(s.bytes + 8, 2);
	set_u64(s.bytes + BLOCK - 8, check64(s.bytes, BLOCK - 8, 0));
	end = decode_all(&s, &h);
	assert_string_equal(end.reason, "written by a newer belay");
	assert_int_equal(end.state, JOURNAL_CORRUPT);
	assert_int_equal(h.n, 0);
}

static void test_what_lies_beyond_the_cut_is_late(void **state)
{
	static const struct {
		uint64_t limit, counted;
		enum journal_state state;
	} cases[] = {
		{ 0, 0, JOURNAL_CLEAN },
		{ BLOCK, 0, JOURNAL_CLEAN },
		{ 2 * BLOCK, 1, JOURNAL_CLEAN },
		{ 3 * BLOCK, 4, JOURNAL_CLEAN },
		{ 4 * BLOCK, 4, JOURNAL_CORRUPT },	/* inside a batch */
		{ 5 * BLOCK, 6, JOURNAL_CLEAN },
		{ 9 * BLOCK, 8, JOURNAL_CORRUPT },	/* more than there is */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment s;
		struct heard h;
		struct journal_end end;

		make_segment(&s, 1);
		end = decode(s.bytes, s.len, cases[i].limit, &h);
		assert_int_equal(end.state, cases[i].state);
		assert_int_equal(h.n, cases[i].counted);
		assert_int_equal(h.late, 8 - h.n);
	}
}

static int stop_at_three(const struct record *rec, void *arg)
{
	*(uint64_t *)arg = rec->seq;
	return rec->seq == 3 ? 77 : 0;
}

static void test_reading_stops_when_the_reader_says_so(void **state)
{
	struct segment s;
	struct journal_end end;
	uint64_t seen = 0;

	(void)state;
	make_segment(&s, 1);
	assert_int_equal(journal_decode(s.bytes, s.len, UINT64_MAX, 1, WRITER,
					stop_at_three, &seen, &end), 77);
	assert_int_equal(seen, 3);
	assert_int_equal(journal_decode(s.bytes, s.len, UINT64_MAX, 1, WRITER,
					NULL, NULL, &end), 0);
	assert_int_equal(end.records, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_segment_is_clean),
		cmocka_unit_test(test_a_preallocated_tail_is_clean),
		cmocka_unit_test(test_nothing_written_yet_is_clean),
		cmocka_unit_test(test_torn_at_any_byte_whole_batches_are_kept),
		cmocka_unit_test(
			test_torn_at_any_byte_over_zeros_whole_batches_are_kept),
		cmocka_unit_test(test_any_flipped_bit_is_found_or_harmless),
		cmocka_unit_test(test_any_block_lost_swapped_or_foreign_is_found),
		cmocka_unit_test(test_an_old_batch_at_the_end_is_corruption),
		cmocka_unit_test(test_each_end_says_why),
		cmocka_unit_test(
			test_a_file_of_another_attempt_or_version_is_not_read),
		cmocka_unit_test(test_what_lies_beyond_the_cut_is_late),
		cmocka_unit_test(test_reading_stops_when_the_reader_says_so),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
