/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_golden.c DIR - the segments whose bytes are kept for ever
 *
 * Every byte is given here, times too.  The files beside this one were made by
 * the first version of the format; what makes others today breaks it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "journal/event.h"
#include "journal/format.h"

#define TIME 1767225600000000	/* 2026-01-01T00:00:00Z */

static const struct event events[] = {
	{ .type = EVENT_SET, .set = 1, .count = 1000000, .name = "main",
	  .items = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	  .command = { 255, 254 } },
	{ .type = EVENT_CHUNK_BEGIN, .set = 1, .chunk = 7, .try = 1,
	  .node = "n0017" },
	{ .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 7, .try = 1,
	  .duration_us = 192000000, .node = "n0017" },
	{ .type = EVENT_CHUNK_FAIL, .set = 1, .chunk = 999999, .try = 2,
	  .duration_us = 1, .kind = FAIL_EXIT, .value = -3, .retryable = true,
	  .node = "n0018", .text = "caf\xc3\xa9: no such file" },
	{ .type = EVENT_CHUNK_GIVE_UP, .set = 1, .chunk = 999999,
	  .text = "failed 3 times" },
	{ .type = EVENT_NOTE, .text = "" },
	{ .type = EVENT_ACTED, .kind = 1, .text = "requeue: job 12" },
	{ .type = EVENT_CHECKPOINT, .kind = CHECKPOINT_PUBLISHED, .id = 42,
	  .bytes = 1ull << 40 },
	{ .type = EVENT_BEAT },
};

/* Those that came later are in segments of their own. */
static const struct event later[] = {
	{ .type = EVENT_SET, .set = 1, .count = 4, .name = "main" },
	{ .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 0, .try = 1,
	  .duration_us = 5, .node = "n1",
	  .result = { .kind = RESULT_INLINE, .length = 5,
		      .bytes = "\0\1\2\3\xff" } },
	{ .type = EVENT_CHUNK_DONE, .set = 1, .chunk = 1, .try = 1,
	  .duration_us = 5, .node = "n1",
	  .result = { .kind = RESULT_FILE, .segment = 2, .offset = 1ull << 33,
		      .length = 5000,
		      .digest = { 0, 17, 34, 51, 68, 85, 102, 119, 136, 153,
				  170, 187, 204, 221, 238, 255 } } },
	{ .type = EVENT_PROGRESS, .iteration = 12345, .current_time = 0.1,
	  .error_estimate = -1e-300 },
	{ .type = EVENT_NODE, .kind = NODE_FAILED, .node = "n7",
	  .text = "its fan stands still" },
	{ .type = EVENT_NODE, .kind = NODE_RECOVERED, .node = "n7" },
	{ .type = EVENT_RESTORED, .id = 41 },
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

#define LATER (sizeof(later) / sizeof(later[0]))

struct segment {
	const struct event *events;
	size_t n_events;
	uint8_t bytes[16 * FS_BLOCK];
	size_t len;
	uint64_t identity, check, next;
};

static void start(struct segment *s, unsigned number, uint64_t first,
		  uint64_t previous)
{
	struct journal_header h = {
		.attempt = 3, .segment = number, .first = first,
		.previous = previous, .created_us = TIME,
		.writer = "map-n0001-0a1b2c3d",
	};

	memset(s, 0, sizeof(*s));
	s->events = events;
	s->n_events = EVENTS;
	for (uint8_t i = 0; i < 16; i++)
		h.submission[i] = (uint8_t)(i * 17);
	s->identity = s->check = journal_header_encode(&h, s->bytes);
	s->len = FS_BLOCK;
	s->next = first;
}

static size_t put_events(const struct segment *s, uint8_t *p, size_t from,
			 size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++) {
		_auto_buf_ struct buf payload = { 0 };
		const struct event *e = &s->events[(from + i) % s->n_events];

		if (event_encode(e, &payload) < 0)
			abort();
		size += journal_frame_put(p + size, e->type, s->next + i,
					  TIME + (int64_t)(s->next + i),
					  payload.data, payload.len);
	}
	return size;
}

/* A batch of n events from that one on. */
static void add(struct segment *s, size_t from, size_t n)
{
	uint8_t *p = s->bytes + s->len, payload[JOURNAL_BATCH_PAYLOAD], *at;
	size_t size = JOURNAL_BATCH + put_events(s, p + JOURNAL_BATCH, from, n);
	size_t frame;

	set_u64(payload, s->check);
	set_u32(payload + 8, (uint32_t)size);
	set_u32(payload + 12, (uint32_t)n);
	journal_frame_put(p, JOURNAL_TYPE_BATCH, s->next, TIME, payload,
			  sizeof(payload));
	s->check = s->identity;
	for (at = p; at < p + size; at += frame) {
		frame = journal_frame_size(load32(at + 8));
		s->check = journal_frame_seal(at, frame, s->check);
	}
	s->next += n;
	s->len += journal_block_up(size);
}

static void save(const char *dir, const char *name, const void *data,
		 size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.log", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct segment s;
	const char *dir = argc == 2 ? argv[1] : ".";
	uint64_t check;

	start(&s, 1, 1, 0);
	save(dir, "empty", s.bytes + FS_BLOCK, FS_BLOCK);
	add(&s, 0, EVENTS);
	add(&s, 1, 2);
	add(&s, 0, 80);		/* over two blocks */
	check = s.check;
	save(dir, "clean", s.bytes, s.len);
	save(dir, "preallocated", s.bytes, s.len + 2 * FS_BLOCK);
	save(dir, "torn", s.bytes, s.len - FS_BLOCK - 500);
	s.bytes[2 * FS_BLOCK + 60] ^= 4;
	save(dir, "corrupt", s.bytes, s.len);

	start(&s, 2, 92, check);
	add(&s, 8, 1);
	save(dir, "second", s.bytes, s.len);
	s.bytes[100] = 'x';
	save(dir, "headless", s.bytes, s.len);

	start(&s, 1, 1, 0);
	s.events = later;
	s.n_events = LATER;
	add(&s, 0, LATER);
	save(dir, "reported", s.bytes, s.len);
	return 0;
}
