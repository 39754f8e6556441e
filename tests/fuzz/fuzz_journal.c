/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_journal.c - any bytes as a segment
 *
 * Checks keep random bytes out, so half of the inputs are given right ones
 * first: then sizes, numbers and payloads are what the fuzzer makes of them.
 */

#include <stdlib.h>

#include "base/bytes.h"
#include "chunk/state.h"
#include "journal/event.h"
#include "journal/format.h"

#define WRITER "map-n0001-0a1b2c3d"	/* as in tests/format */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Seal the batch at p if its frames fit; the last check in *check. */
static size_t repair_batch(uint8_t *p, size_t left, uint64_t identity,
			   uint64_t *check)
{
	uint64_t seed = identity;
	size_t at = 0, frame;

	if (left < JOURNAL_BATCH || load16(p + 12) != JOURNAL_TYPE_BATCH)
		return 0;
	set_u64(p + 32, *check);
	while (at + JOURNAL_FRAME <= left) {
		frame = journal_frame_size(load32(p + at + 8));
		if (frame > left - at || at + frame > load32(p + 40))
			break;
		seed = journal_frame_seal(p + at, frame, seed);
		at += frame;
	}
	*check = seed;
	return at;
}

static void repair(uint8_t *p, size_t len)
{
	struct journal_header h = { .attempt = 3, .first = 1, .segment = 1,
				    .writer = WRITER };
	uint64_t identity, check;
	size_t at = JOURNAL_HEADER, size;

	if (len < JOURNAL_HEADER)
		return;
	identity = check = journal_header_encode(&h, p);
	while (at < len) {
		size = repair_batch(p + at, len - at, identity, &check);
		if (!size)
			return;
		at += journal_block_up(size);
	}
}

static int fold(const struct record *rec, void *arg)
{
	static struct event e;
	char line[EVENT_TEXT];

	if (event_decode(rec, &e, NULL) <= 0)
		return 0;
	event_line(&e, line);
	if (e.count > 100000)
		e.count = 100000;	/* memory is not what is tried here */
	return chunk_state_fold(arg, &e, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chunk_state *s = chunk_state_new();
	struct journal_end end;
	uint8_t *copy;

	if (size < 2 || !s) {
		chunk_state_free(s);
		return 0;
	}
	copy = malloc(size - 1);
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		repair(copy, size - 1);
	journal_decode(copy, size - 1, data[0] & 2 ? 2 * FS_BLOCK : UINT64_MAX,
		       3, WRITER, fold, s, &end);
	if (end.length > journal_block_up(size) || end.length % FS_BLOCK)
		abort();
	chunk_state_end_attempt(s, 3, NULL, NULL);
	free(copy);
	chunk_state_free(s);
	return 0;
}
