/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_read.c - what the ranks have put into a packed checkpoint
 *
 * A part is opened when it is first asked about.  There may be more of them than
 * a process may have files, so only a few stay open; what they hold is kept.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/file.h"
#include "checkpoint/packed.h"
#include "checkpoint/store.h"

#define OPEN_MAX_PARTS 16

struct part {
	struct belay_entry *entry;	/* names and shapes are its own */
	size_t n;
	bool known;
	struct pack_reader *pack;	/* NULL: not open now */
	uint64_t used;			/* when, as a count */
};

struct packed_reader {
	const struct checkpoint *c;
	int dirfd;
	struct part *part;
	unsigned open;
	uint64_t now;
};

/* ---- parts ---- */

static void close_oldest(struct packed_reader *p)
{
	struct part *oldest = NULL;

	for (unsigned i = 0; i < p->c->ranks; i++)
		if (p->part[i].pack &&
		    (!oldest || p->part[i].used < oldest->used))
			oldest = &p->part[i];
	if (!oldest)
		return;
	pack_close(oldest->pack);
	oldest->pack = NULL;
	p->open--;
}

static int copy_entry(const struct belay_entry *e, unsigned rank,
		      struct belay_entry *out)
{
	uint64_t *shape = calloc(e->dims + 1, sizeof(*shape));
	char *name = strdup(e->name);

	if (!shape || !name) {
		free(shape);
		free(name);
		return -1;
	}
	if (e->dims)
		memcpy(shape, e->shape, e->dims * sizeof(*shape));
	*out = *e;
	out->rank = rank;
	out->name = name;
	out->shape = shape;
	return 0;
}

static int learn(struct part *part, unsigned rank, struct belay_error *err)
{
	size_t n = pack_count(part->pack);

	part->entry = calloc(n + 1, sizeof(*part->entry));
	if (!part->entry)
		return err_nomem(err);
	for (; part->n < n; part->n++)
		if (copy_entry(pack_entry(part->pack, part->n), rank,
			       &part->entry[part->n]) < 0)
			return err_nomem(err);
	part->known = true;
	return 0;
}

static void forget(struct part *part)
{
	for (size_t i = 0; i < part->n; i++) {
		free((void *)(uintptr_t)part->entry[i].name);
		free((void *)(uintptr_t)part->entry[i].shape);
	}
	free(part->entry);
	*part = (struct part){ .pack = part->pack, .used = part->used };
}

/* The part of rank, open. */
static struct part *open_part(struct packed_reader *p, unsigned rank,
			      struct belay_error *err)
{
	struct part *part = &p->part[rank];
	char name[PACKED_NAME];

	part->used = ++p->now;
	if (!part->pack) {
		if (p->open == OPEN_MAX_PARTS)
			close_oldest(p);
		part->pack = pack_open(p->dirfd, packed_part(rank, name),
				       &p->c->parts[rank].index, err);
		if (!part->pack)
			return NULL;
		p->open++;
	}
	if (part->known || learn(part, rank, err) == 0)
		return part;
	forget(part);
	return NULL;
}

/* ---- the whole ---- */

struct packed_reader *packed_open(const struct run *r,
				  const struct checkpoint *c,
				  struct belay_error *err)
{
	struct packed_reader *p = calloc(1, sizeof(*p));

	if (p)
		p->part = calloc(c->ranks + 1, sizeof(*p->part));
	if (!p || !p->part) {
		free(p);
		err_nomem(err);
		return NULL;
	}
	p->c = c;
	p->dirfd = store_open_id(r, c->id, err);
	if (p->dirfd >= 0)
		return p;
	packed_close(p);
	return NULL;
}

void packed_close(struct packed_reader *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->c->ranks; i++) {
		forget(&p->part[i]);
		pack_close(p->part[i].pack);
	}
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p->part);
	free(p);
}

/* ---- entries ---- */

int64_t packed_count(struct packed_reader *p, struct belay_error *err)
{
	int64_t n = 0;

	for (unsigned i = 0; i < p->c->ranks; i++) {
		if (!p->part[i].known && !open_part(p, i, err))
			return -1;
		n += (int64_t)p->part[i].n;
	}
	return n;
}

const struct belay_entry *packed_entry(struct packed_reader *p, size_t i)
{
	for (unsigned rank = 0; rank < p->c->ranks; rank++) {
		struct part *part = &p->part[rank];

		if (!part->known && !open_part(p, rank, NULL))
			return NULL;
		if (i < part->n)
			return &part->entry[i];
		i -= part->n;
	}
	return NULL;
}

const struct belay_entry *packed_find(struct packed_reader *p, unsigned rank,
				      const char *name,
				      struct belay_error *err)
{
	struct part *part = rank < p->c->ranks ? &p->part[rank] : NULL;

	if (part && !part->known)
		part = open_part(p, rank, err);
	else if (!part)
		err_set(err, BELAY_ENOENT, "checkpoint %llu has %u ranks, and "
			"none %u", (unsigned long long)p->c->id, p->c->ranks,
			rank);
	for (size_t i = 0; part && i < part->n; i++)
		if (!strcmp(part->entry[i].name, name))
			return &part->entry[i];
	if (part)
		err_set(err, BELAY_ENOENT, "checkpoint %llu: rank %u has no "
			"'%s'", (unsigned long long)p->c->id, rank, name);
	return NULL;
}

int packed_read(struct packed_reader *p, const struct belay_entry *e,
		uint64_t offset, void *data, uint64_t bytes, unsigned threads,
		struct belay_error *err)
{
	struct part *part = open_part(p, e->rank, err);
	const struct belay_entry *in = part ? pack_find(part->pack, e->name) :
					      NULL;

	if (!part)
		return -1;
	if (!in || in->bytes != e->bytes)
		return err_set(err, BELAY_ECORRUPT, "rank %u has lost '%s'",
			       e->rank, e->name);
	return pack_read(part->pack, in, offset, data, bytes, threads, err);
}

/* ---- check ---- */

static int check_size(int dirfd, const char *name, uint64_t size,
		      struct belay_error *err)
{
	char copy[PACK_NAME];
	struct checkpoint_file f = { .name = copy, .size = size };
	int fd;

	memccpy(copy, name, '\0', sizeof(copy));
	fd = checkpoint_open_file(dirfd, &f, err);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int check_bytes(int dirfd, const char *name,
		       const struct pack_sum *sum, struct belay_error *err)
{
	struct pack_reader *pack = pack_open(dirfd, name, &sum->index, err);
	int rc = pack ? pack_verify(pack, 0, err) : -1;

	pack_close(pack);
	return rc;
}

int packed_check(int dirfd, const struct checkpoint *c, bool bytes,
		 struct belay_error *err)
{
	char name[PACKED_NAME];

	for (unsigned i = 0; i < c->ranks; i++) {
		const struct pack_sum *sum = &c->parts[i];

		packed_part(i, name);
		if (check_size(dirfd, name, sum->size, err) < 0)
			return -1;
		for (unsigned k = 0; k < sum->n_parents; k++)
			if (check_size(dirfd, sum->parent[k].name,
				       sum->parent[k].size, err) < 0)
				return -1;
		if (bytes && check_bytes(dirfd, name, sum, err) < 0)
			return -1;
	}
	return 0;
}
