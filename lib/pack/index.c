/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - what a part holds, and where: in memory, and to bytes */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pack/format.h"

void pack_index_fini(struct pack_index *ix)
{
	for (size_t i = 0; i < ix->n_entries; i++) {
		free(ix->entry[i]->block);
		free(ix->entry[i]);
	}
	free(ix->entry);
	free(ix->slot);
	*ix = (struct pack_index){ 0 };
}

static const char *judge(const struct belay_array *a)
{
	size_t len = a->name ? strnlen(a->name, BELAY_NAME_MAX + 1) : 0;

	if (!len || len > BELAY_NAME_MAX)
		return "a name has 1 to 255 bytes";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)a->name[i] < 32 || a->name[i] == 127)
			return "a control character in a name";
	if (a->dims > BELAY_DIMS_MAX)
		return "too many dimensions";
	if (!belay_type_size(a->type))
		return "no such type";
	if (belay_array_bytes(a) >= INT64_MAX)
		return "too many bytes";
	return NULL;
}

static struct pack_entry *entry_new(const struct belay_array *a)
{
	size_t shape = a->dims * sizeof(uint64_t), name = strlen(a->name);
	struct pack_entry *e = calloc(1, sizeof(*e) + shape + name + 1);

	if (!e)
		return NULL;
	e->e = (struct belay_entry){
		.name = (char *)e->shape + shape, .type = a->type,
		.dims = a->dims, .shape = e->shape,
		.bytes = belay_array_bytes(a),
	};
	if (shape)
		memcpy(e->shape, a->shape, shape);
	memcpy((char *)e->shape + shape, a->name, name);
	e->n_blocks = e->e.bytes / PACK_BLOCK + (e->e.bytes % PACK_BLOCK != 0);
	e->block = calloc(e->n_blocks ? e->n_blocks : 1, sizeof(*e->block));
	if (!e->block) {
		free(e);
		return NULL;
	}
	return e;
}

/* The slot of that name, or the free one where it belongs. */
static size_t *find_slot(const struct pack_index *ix, const char *name)
{
	size_t at = check64(name, strlen(name), 0) & (ix->slots - 1);

	while (ix->slot[at] &&
	       strcmp(ix->entry[ix->slot[at] - 1]->e.name, name) != 0)
		at = (at + 1) & (ix->slots - 1);
	return &ix->slot[at];
}

const struct pack_entry *pack_index_find(const struct pack_index *ix,
					 const char *name)
{
	size_t n = ix->slots ? *find_slot(ix, name) : 0;

	return n ? ix->entry[n - 1] : NULL;
}

/* Half of the slots stay free. */
static int make_room(struct pack_index *ix)
{
	size_t cap = ix->cap ? 2 * ix->cap : 16;
	struct pack_entry **grown;
	size_t *slot;

	if (ix->n_entries < ix->cap)
		return 0;
	grown = realloc(ix->entry, cap * sizeof(*grown));
	if (!grown)
		return -1;
	ix->entry = grown;
	slot = calloc(2 * cap, sizeof(*slot));
	if (!slot)
		return -1;
	free(ix->slot);
	ix->slot = slot;
	ix->slots = 2 * cap;
	ix->cap = cap;
	for (size_t i = 0; i < ix->n_entries; i++)
		*find_slot(ix, ix->entry[i]->e.name) = i + 1;
	return 0;
}

struct pack_entry *pack_index_add(struct pack_index *ix,
				  const struct belay_array *a,
				  struct belay_error *err)
{
	const char *wrong = judge(a);
	struct pack_entry *e;

	if (!wrong && pack_index_find(ix, a->name))
		wrong = "the name is there already";
	if (wrong) {
		err_set(err, BELAY_EINVAL, "cannot put '%.255s': %s",
			a->name ? a->name : "", wrong);
		return NULL;
	}
	e = make_room(ix) == 0 ? entry_new(a) : NULL;
	if (!e) {
		err_nomem(err);
		return NULL;
	}
	ix->entry[ix->n_entries++] = e;
	*find_slot(ix, e->e.name) = ix->n_entries;
	return e;
}

uint32_t pack_block_bytes(const struct pack_entry *e, uint64_t n)
{
	uint64_t left = e->e.bytes - n * PACK_BLOCK;

	return left < PACK_BLOCK ? (uint32_t)left : PACK_BLOCK;
}

uint64_t pack_index_count(struct pack_index *ix)
{
	uint64_t own = 0;

	for (unsigned i = 0; i < ix->n_parents; i++)
		ix->parent[i].used = 0;
	for (size_t i = 0; i < ix->n_entries; i++) {
		const struct pack_entry *e = ix->entry[i];

		for (uint64_t n = 0; n < e->n_blocks; n++)
			*(e->block[n].file ?
			  &ix->parent[e->block[n].file - 1].used : &own) +=
				e->block[n].stored;
	}
	return own;
}

static void put_entry(const struct pack_entry *e, struct buf *out)
{
	put_str(out, e->e.name);
	put_u8(out, (uint8_t)e->e.type);
	put_u8(out, (uint8_t)e->e.dims);
	for (unsigned i = 0; i < e->e.dims; i++)
		put_u64(out, e->shape[i]);
}

static void put_blocks(const struct pack_entry *e, struct buf *out)
{
	for (uint64_t n = 0; n < e->n_blocks; n++) {
		const struct pack_block *b = &e->block[n];

		put_u64(out, b->at);
		put_u32(out, b->stored);
		put_u16(out, b->file);
		put_u16(out, b->coding);
		buf_add(out, b->digest.bytes, sizeof(b->digest.bytes));
	}
}

void pack_index_encode(const struct pack_index *ix, struct buf *out)
{
	static const uint8_t zeros[8];
	uint64_t blocks = 0;

	for (size_t i = 0; i < ix->n_entries; i++)
		blocks += ix->entry[i]->n_blocks;
	put_u64(out, ix->identity);
	put_u32(out, ix->n_parents);
	put_u32(out, (uint32_t)ix->n_entries);
	put_u64(out, blocks);
	for (unsigned i = 0; i < ix->n_parents; i++) {
		put_str(out, ix->parent[i].name);
		put_u64(out, ix->parent[i].size);
		buf_add(out, ix->parent[i].index.bytes, 16);
	}
	for (size_t i = 0; i < ix->n_entries; i++)
		put_entry(ix->entry[i], out);
	buf_add(out, zeros, -out->len % 8);
	for (size_t i = 0; i < ix->n_entries; i++)
		put_blocks(ix->entry[i], out);
}
