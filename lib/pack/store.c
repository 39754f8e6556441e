/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - a run of blocks becomes bytes of the file, or references
 *
 * Each run gets a stretch of the file of its own, so threads need not agree on
 * more than where it ends.  What is not compressed is written from where it is.
 */

#include <string.h>

#include "base/clock.h"
#include "fs/bulk.h"
#include "pack/reader.h"
#include "pack/writer.h"

#define AUTO_LEVEL 1		/* a higher one gains little and costs much */

/* What one run writes: pieces one behind the other, from offset 0. */
struct output {
	struct iovec iov[RUN_BLOCKS];
	int n;
	uint64_t bytes;
};

static uint64_t aligned(uint64_t n)
{
	return (n + PACK_ALIGN - 1) / PACK_ALIGN * PACK_ALIGN;
}

/* The same block of base has the same bytes, in a file that may be used. */
static bool refer(const struct pack_writer *w, const struct pack_entry *old,
		  uint64_t n, uint32_t bytes, struct pack_block *b)
{
	const struct pack_block *o;

	if (!old || n >= old->n_blocks || pack_block_bytes(old, n) != bytes)
		return false;
	o = &old->block[n];
	if (!w->file[o->file] ||
	    memcmp(&o->digest, &b->digest, sizeof(b->digest)) != 0)
		return false;
	*b = *o;
	b->file = w->file[o->file];
	return true;
}

/* The pieces lie at multiples of PACK_ALIGN: zeros behind a compressed one are
 * written along.  Only the last of an entry can end in between as it is. */
static void add_piece(struct output *o, struct pack_block *b, const void *data,
		      uint64_t bytes)
{
	b->at = o->bytes;
	o->iov[o->n++] = (struct iovec){ (void *)(uintptr_t)data, bytes };
	o->bytes += aligned(bytes);
}

/* zstd_level of this block, 0: raw. */
static int level_of(struct pack_writer *w, bool try)
{
	if (w->opt.zstd_level != PACK_ZSTD_AUTO)
		return w->opt.zstd_level;
	return try || pace_zstd_pays(&w->pace) ? AUTO_LEVEL : 0;
}

static uint32_t compress(struct pack_writer *w, struct coder *c, int level,
			 const uint8_t *data, uint32_t bytes, uint8_t *room)
{
	int64_t since = clock_mono_ns();
	uint32_t n = coder_compress(c, level, data, bytes, room);

	pace_note_zstd(&w->pace, bytes, n ? n : bytes, clock_mono_ns() - since);
	return n;
}

static int add_block(struct pack_writer *w, struct coder *c, struct output *o,
		     struct pack_block *b, const uint8_t *data, uint32_t bytes,
		     int level, struct belay_error *err)
{
	uint32_t n = 0;
	uint8_t *room;

	if (level && coder_room(c) < 0)
		return err_nomem(err);
	room = c->run + (size_t)o->n * PACK_BLOCK;
	if (level)
		n = compress(w, c, level, data, bytes, room);
	b->coding = n ? PACK_ZSTD : PACK_RAW;
	b->stored = n ? n : bytes;
	if (n) {
		memset(room + n, 0, aligned(n) - n);
		add_piece(o, b, room, aligned(n));
	} else {
		add_piece(o, b, data, bytes);
	}
	return 0;
}

static int write_out(struct pack_writer *w, struct output *o,
		     const struct run_of_blocks *r, struct belay_error *err)
{
	int64_t since = clock_mono_ns();
	uint64_t at;

	if (!o->n)
		return 0;
	at = atomic_fetch_add(&w->end, o->bytes);
	for (unsigned i = 0; i < r->n; i++)
		if (!r->e->block[r->first + i].file)
			r->e->block[r->first + i].at += at;
	if (fs_bulk_write(w->fd, o->iov, o->n, at, w->name, err) < 0 ||
	    pace_written(&w->pace, w->fd, at, o->bytes, w->name, err) < 0)
		return -1;
	pace_note_write(&w->pace, o->bytes, clock_mono_ns() - since);
	return 0;
}

int writer_store(struct pack_writer *w, unsigned worker,
		 const struct run_of_blocks *r, struct belay_error *err)
{
	const struct pack_entry *old = w->opt.base ?
		pack_index_find(&w->opt.base->source.ix, r->e->e.name) : NULL;
	struct output o = { .n = 0 };
	bool try = pace_try_zstd(&w->pace);

	for (unsigned i = 0; i < r->n; i++) {
		const uint8_t *data = r->data + (size_t)i * PACK_BLOCK;
		struct pack_block *b = &r->e->block[r->first + i];
		uint32_t bytes = pack_block_bytes(r->e, r->first + i);

		b->digest = digest_of(data, bytes);
		if (refer(w, old, r->first + i, bytes, b))
			continue;
		if (add_block(w, &w->coder[worker], &o, b, data, bytes,
			      level_of(w, try), err) < 0)
			return -1;
		try = false;
	}
	return write_out(w, &o, r, err);
}
