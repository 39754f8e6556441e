/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - bytes of an entry, to where they are wanted, by several threads */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/reader.h"
#include "pack/team.h"

/* Part of an entry: whole blocks but for the first and the last. */
struct wish {
	const struct source *s;
	const struct pack_entry *e;
	uint64_t from, to;	/* bytes of the entry */
	uint8_t *data;		/* where `from` belongs */
	uint64_t first;		/* block */
	struct coder coder[TEAM_MAX];
};

/* Some bytes of one block. */
static int read_some(const struct wish *k, struct coder *c, uint64_t n,
		     uint64_t from, uint64_t to, struct belay_error *err)
{
	if (coder_room(c) < 0)
		return err_nomem(err);
	if (source_read(k->s, c, k->e, n, 1, c->block, false, err) < 0)
		return -1;
	memcpy(k->data + (from - k->from), c->block + from % PACK_BLOCK,
	       (size_t)(to - from));
	return 0;
}

/* How many blocks from n on are wanted to their ends; no further than end. */
static unsigned whole_blocks(const struct wish *k, uint64_t n, uint64_t end)
{
	unsigned whole = 0;

	for (; n < end && n * PACK_BLOCK >= k->from; n++, whole++)
		if (n * PACK_BLOCK + pack_block_bytes(k->e, n) > k->to)
			break;
	return whole;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int read_run(unsigned worker, uint64_t piece, void *arg,
		    struct belay_error *err)
{
	struct wish *k = arg;
	struct coder *c = &k->coder[worker];
	uint64_t n = k->first + piece * RUN_BLOCKS;
	uint64_t end = least(n + RUN_BLOCKS, (k->to - 1) / PACK_BLOCK + 1);
	unsigned whole;

	for (; n < end; n += whole ? whole : 1) {
		uint64_t at = n * PACK_BLOCK, from = at > k->from ? at : k->from;

		whole = whole_blocks(k, n, end);
		if (whole ? source_read(k->s, c, k->e, n, whole,
					k->data + (from - k->from), false,
					err) < 0 :
		    read_some(k, c, n, from, least(at + PACK_BLOCK, k->to),
			      err) < 0)
			return -1;
	}
	return 0;
}

static int read_wish(struct wish *k, unsigned threads, struct belay_error *err)
{
	uint64_t last = (k->to - 1) / PACK_BLOCK;

	k->first = k->from / PACK_BLOCK;
	return team_do(team_size(threads),
		       (last - k->first) / RUN_BLOCKS + 1, read_run, k, err);
}

/* Handed to a stranger's thread the memory of a fork would never be filled. */
static int check_owner(const struct pack_reader *r, struct belay_error *err)
{
	if (r->pid == getpid())
		return 0;
	return err_set(err, BELAY_EINVAL, "opened by another process: '%s'",
		       r->name);
}

int pack_read(struct pack_reader *r, const struct belay_entry *entry,
	      uint64_t offset, void *data, uint64_t bytes, unsigned threads,
	      struct belay_error *err)
{
	struct wish *k;
	int rc;

	if (check_owner(r, err) < 0)
		return -1;
	if (offset > entry->bytes || bytes > entry->bytes - offset)
		return err_set(err, BELAY_EINVAL, "past the end of '%s'",
			       entry->name);
	if (!bytes)
		return 0;
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_nomem(err);
	k->s = &r->source;
	k->e = (const struct pack_entry *)(const void *)entry;
	k->from = offset;
	k->to = offset + bytes;
	k->data = data;
	rc = read_wish(k, threads, err);
	for (unsigned i = 0; i < TEAM_MAX; i++)
		coder_fini(&k->coder[i]);
	free(k);
	return rc;
}

int pack_verify(struct pack_reader *r, unsigned threads,
		struct belay_error *err)
{
	if (check_owner(r, err) < 0)
		return -1;
	return source_verify(&r->source, threads, false, err);
}
