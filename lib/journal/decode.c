/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - which bytes of a segment are to be believed, and why it ends
 *
 * A batch counts when it verifies and continues the chain, whole or not at
 * all.  The first that does not is the end.  What distinguishes a tail that a
 * crash tore from a record that was acknowledged and then damaged is whether
 * anything was written behind it: a batch frame is seeded with the file's
 * identity alone, so it is recognised wherever it stands.
 *
 * The bytes are not trusted: every size is checked before it is used.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/digest.h"
#include "journal/format.h"

/* How far a segment has been read. */
struct reading {
	const uint8_t *bytes;
	size_t len;
	uint64_t identity;
	uint64_t at;		/* where the next batch is expected */
	uint64_t check;		/* of the last frame accepted */
	uint64_t next;		/* the number that its first record has */
};

struct batch {			/* what a frame of type 1 says */
	uint64_t seq, previous, check;
	uint32_t size, records;
};

const char *journal_state_word(enum journal_state s)
{
	static const char *const words[] = {
		[JOURNAL_CLEAN] = "clean",
		[JOURNAL_TORN] = "torn",
		[JOURNAL_CORRUPT] = "corrupt",
	};

	return words[s];
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}

/* Does a batch frame that verifies by itself stand at this place? */
static bool batch_frame_at(const struct reading *rd, uint64_t at,
			   struct batch *b)
{
	const uint8_t *p = rd->bytes + at;

	if (at > rd->len || rd->len - at < JOURNAL_BATCH ||
	    load16(p + 12) != JOURNAL_TYPE_BATCH ||
	    load32(p + 8) != JOURNAL_BATCH_PAYLOAD)
		return false;
	b->check = load64(p);
	if (check64(p + 8, JOURNAL_BATCH - 8, rd->identity) != b->check)
		return false;
	b->seq = load64(p + 16);
	b->previous = load64(p + 32);
	b->size = load32(p + 40);
	b->records = load32(p + 44);
	return true;
}

static bool continues(const struct reading *rd, const struct batch *b)
{
	return b->seq == rd->next && b->previous == rd->check;
}

/* The check of the batch's last frame in *check, if all its frames verify and
 * fill it exactly. */
static bool frames_verify(const struct reading *rd, const struct batch *b,
			  uint64_t *check)
{
	const uint8_t *p = rd->bytes + rd->at + JOURNAL_BATCH;
	uint64_t left = b->size - JOURNAL_BATCH, size;
	uint32_t i;

	*check = b->check;
	for (i = 0; i < b->records && left >= JOURNAL_FRAME; i++) {
		size = journal_frame_size(load32(p + 8));
		if (size > left || load64(p + 16) != b->seq + i ||
		    check64(p + 8, size - 8, *check) != load64(p))
			return false;
		*check = load64(p);
		p += size;
		left -= size;
	}
	return i == b->records && !left;
}

/* The batch that stands where the next one is expected, if it counts. */
static bool next_batch(const struct reading *rd, struct batch *b,
		       uint64_t *check)
{
	return batch_frame_at(rd, rd->at, b) && continues(rd, b) &&
	       b->records && b->size >= JOURNAL_BATCH &&
	       b->size <= rd->len - rd->at && frames_verify(rd, b, check);
}

static int give(const struct reading *rd, const struct batch *b,
		struct record *rec, record_fn f, void *arg)
{
	const uint8_t *p = rd->bytes + rd->at + JOURNAL_BATCH;
	int rc = 0;

	for (uint32_t i = 0; f && i < b->records && rc == 0; i++) {
		rec->len = load32(p + 8);
		rec->type = load16(p + 12);
		rec->seq = load64(p + 16);
		rec->time_us = (int64_t)load64(p + 24);
		rec->payload = p + JOURNAL_FRAME;
		rc = f(rec, arg);
		p += journal_frame_size(rec->len);
	}
	return rc;
}

/* Look for what a torn tail cannot have behind it. */
static bool written_behind(const struct reading *rd, uint64_t *where)
{
	struct batch b;

	*where = rd->at;
	if (batch_frame_at(rd, rd->at, &b) && !continues(rd, &b))
		return true;
	for (*where += FS_BLOCK; *where < rd->len; *where += FS_BLOCK)
		if (batch_frame_at(rd, *where, &b) && b.seq >= rd->next)
			return true;
	return false;
}

__attribute__((format(printf, 3, 4)))
static void say(struct journal_end *end, enum journal_state state,
		const char *fmt, ...)
{
	va_list ap;

	end->state = state;
	va_start(ap, fmt);
	vsnprintf(end->reason, sizeof(end->reason), fmt, ap);
	va_end(ap);
}

static void judge_rest(const struct reading *rd, struct journal_end *end)
{
	uint64_t left = rd->at < rd->len ? rd->len - rd->at : 0, where;

	if (written_behind(rd, &where))
		say(end, JOURNAL_CORRUPT, "damaged at byte %" PRIu64
		    "; a batch was written at %" PRIu64, rd->at, where);
	else if (!is_zero(rd->bytes + rd->len - left,
			  left < FS_BLOCK ? left : FS_BLOCK))
		say(end, JOURNAL_TORN, "an unfinished batch at byte %" PRIu64,
		    rd->at);
}

/* A header that does not verify hides the identity, so all that can be asked
 * is whether anything stands behind it. */
static void judge_headless(const uint8_t *p, size_t len, const char *why,
			   struct journal_end *end)
{
	if (is_zero(p, len))
		return;
	if (len <= JOURNAL_HEADER ||
	    is_zero(p + JOURNAL_HEADER, len - JOURNAL_HEADER))
		say(end, JOURNAL_TORN, "%s", why);
	else
		say(end, JOURNAL_CORRUPT, "%s", why);
}

static bool start(struct reading *rd, unsigned attempt, const char *writer,
		  struct journal_end *end)
{
	struct journal_header h;
	const char *why;

	rd->identity = journal_header_decode(rd->bytes, rd->len, &h, &why);
	if (!rd->identity) {
		judge_headless(rd->bytes, rd->len, why, end);
		return false;
	}
	if (h.attempt != attempt || strcmp(h.writer, writer)) {
		say(end, JOURNAL_CORRUPT,
		    "its header is of attempt %u, writer '%.80s'", h.attempt,
		    h.writer);
		return false;
	}
	rd->at = JOURNAL_HEADER;
	rd->check = rd->identity;
	rd->next = h.first;
	return true;
}

static void count(const struct reading *rd, uint32_t records,
		  struct journal_end *end)
{
	end->length = rd->at;
	end->check = rd->check;
	end->seq = records ? rd->next - 1 : 0;
	end->records += records;
}

/* Beyond the cut nothing exists, so nothing there can be torn. */
static void judge_cut(uint64_t limit, struct journal_end *end)
{
	if (end->length == limit)
		say(end, JOURNAL_CLEAN, "%s", "");
	else
		say(end, JOURNAL_CORRUPT, "believed up to byte %" PRIu64
		    ", but it verifies to %" PRIu64, limit, end->length);
}

static int read_batches(struct reading *rd, uint64_t limit, struct record *rec,
			record_fn f, void *arg, struct journal_end *end)
{
	struct batch b;
	uint64_t check;
	int rc;

	while (next_batch(rd, &b, &check)) {
		rec->late = journal_block_up(rd->at + b.size) > limit;
		rc = give(rd, &b, rec, f, arg);
		if (rc)
			return rc;
		rd->at = journal_block_up(rd->at + b.size);
		rd->check = check;
		rd->next += b.records;
		if (!rec->late)
			count(rd, b.records, end);
	}
	return 0;
}

int journal_decode(const void *bytes, size_t len, uint64_t limit,
		   unsigned attempt, const char *writer, record_fn f, void *arg,
		   struct journal_end *end)
{
	struct reading rd = { .bytes = bytes, .len = len };
	struct record rec = { .attempt = attempt, .writer = writer };
	int rc = 0;

	*end = (struct journal_end){ 0 };
	if (start(&rd, attempt, writer, end)) {
		if (rd.at <= limit)
			count(&rd, 0, end);
		rc = read_batches(&rd, limit, &rec, f, arg, end);
		if (rc == 0 && limit == UINT64_MAX)
			judge_rest(&rd, end);
	}
	if (rc == 0 && limit != UINT64_MAX)
		judge_cut(limit, end);
	return rc;
}
