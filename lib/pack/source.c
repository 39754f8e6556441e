/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - blocks of a part, from the files that hold them
 *
 * Blocks that lie one behind the other are read at one go, those that lie there
 * as they are straight to where they are wanted.  No byte is handed out
 * whose block has not had its digest.
 */

#include <errno.h>
#include <stdlib.h>

#include "fs/bulk.h"
#include "pack/source.h"
#include "pack/team.h"

static uint64_t aligned(uint64_t n)
{
	return (n + PACK_ALIGN - 1) / PACK_ALIGN * PACK_ALIGN;
}

/* How many of the n blocks lie one behind the other, and their bytes. */
static unsigned stretch(const struct pack_block *b, unsigned n, size_t *bytes)
{
	unsigned i = 1;

	*bytes = b[0].stored;
	while (i < n && b[i].file == b[0].file &&
	       b[i].coding == b[0].coding &&
	       b[i].at == b[0].at + aligned(*bytes)) {
		*bytes = (size_t)aligned(*bytes) + b[i].stored;
		i++;
	}
	return i;
}

static int damaged(const struct source *s, const struct pack_entry *e,
		   uint64_t n, struct belay_error *err)
{
	uint64_t at = n * PACK_BLOCK;

	if (errno == ENOMEM)
		return err_nomem(err);
	return err_set(err, BELAY_ECORRUPT, "damaged: bytes %llu to %llu of "
		       "'%s' in %s of '%s'", (unsigned long long)at,
		       (unsigned long long)at + pack_block_bytes(e, n) - 1,
		       e->e.name, e->block[n].file ?
		       s->ix.parent[e->block[n].file - 1].name : "the file",
		       s->name);
}

/* Blocks that lie one behind the other. */
static int read_stretch(const struct source *s, struct coder *c,
			const struct pack_entry *e, uint64_t first, unsigned n,
			size_t bytes, uint8_t *data, struct belay_error *err)
{
	const struct pack_block *b = &e->block[first];
	bool straight = data && b->coding == PACK_RAW && !s->direct;
	uint8_t *stored = straight ? data : c->run;
	size_t wanted = s->direct ? (size_t)aligned(bytes) : bytes;

	if (fs_bulk_read(s->fd[b->file], stored, wanted, b->at, s->name,
			 err) < 0)
		return err_prefix(err, "'%s'", e->e.name);
	for (unsigned i = 0; i < n; i++) {
		uint8_t *from = stored + (b[i].at - b->at);
		uint8_t *to = data ? data + (size_t)i * PACK_BLOCK :
			      b->coding == PACK_RAW ? from : c->block;

		if (coder_restore(c, &b[i], from, to,
				  pack_block_bytes(e, first + i)) < 0)
			return damaged(s, e, first + i, err);
	}
	return 0;
}

int source_read(const struct source *s, struct coder *c,
		const struct pack_entry *e, uint64_t first, unsigned n,
		uint8_t *data, bool own, struct belay_error *err)
{
	unsigned done = 0, some;
	size_t bytes;

	if (coder_room(c) < 0)
		return err_nomem(err);
	for (; done < n; done += some) {
		some = stretch(&e->block[first + done], n - done, &bytes);
		if (own && e->block[first + done].file)
			continue;
		if (read_stretch(s, c, e, first + done, some, bytes,
				 data ? data + (size_t)done * PACK_BLOCK : NULL,
				 err) < 0)
			return -1;
	}
	return 0;
}

struct check {
	const struct source *s;
	const struct pack_entry *e;
	bool own;
	struct coder coder[TEAM_MAX];
};

static int check_run(unsigned worker, uint64_t piece, void *arg,
		     struct belay_error *err)
{
	struct check *k = arg;
	uint64_t first = piece * RUN_BLOCKS, left = k->e->n_blocks - first;

	return source_read(k->s, &k->coder[worker], k->e, first,
			   left < RUN_BLOCKS ? (unsigned)left : RUN_BLOCKS,
			   NULL, k->own, err);
}

int source_verify(const struct source *s, unsigned threads, bool own,
		  struct belay_error *err)
{
	struct check *k = calloc(1, sizeof(*k));
	int rc = 0;

	if (!k)
		return err_nomem(err);
	k->s = s;
	k->own = own;
	for (size_t i = 0; rc == 0 && i < s->ix.n_entries; i++) {
		k->e = s->ix.entry[i];
		rc = team_do(team_size(threads),
			     (k->e->n_blocks + RUN_BLOCKS - 1) / RUN_BLOCKS,
			     check_run, k, err);
	}
	for (unsigned i = 0; i < TEAM_MAX; i++)
		coder_fini(&k->coder[i]);
	free(k);
	return rc;
}
