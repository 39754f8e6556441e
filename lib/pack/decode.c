/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - the index of a part from bytes that may be anything
 *
 * No more memory is asked for than the bytes account for: an entry names its
 * blocks only if they are there.
 */

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "pack/format.h"

#define BLOCK_SIZE 32u

const char pack_no_memory[] = "no memory";

static const char *get_parent(struct cursor *c, struct pack_parent *p)
{
	const void *digest;

	get_str(c, p->name, sizeof(p->name));
	p->size = get_u64(c);
	digest = get_bytes(c, sizeof(p->index.bytes));
	if (!digest || c->bad)
		return "a parent is cut off";
	memcpy(p->index.bytes, digest, sizeof(p->index.bytes));
	return text_is_name(p->name) ? NULL : "a parent has no name";
}

static const char *get_entry(struct cursor *c, struct pack_index *ix,
			     uint64_t *blocks_left)
{
	char name[BELAY_NAME_MAX + 1];
	uint64_t shape[BELAY_DIMS_MAX];
	struct belay_array a = { .name = name, .shape = shape };
	struct belay_error err;
	uint64_t bytes;

	get_str(c, name, sizeof(name));
	a.type = get_u8(c);
	a.dims = get_u8(c);
	if (c->bad || a.dims > BELAY_DIMS_MAX)
		return "an entry is cut off";
	for (unsigned i = 0; i < a.dims; i++)
		shape[i] = get_u64(c);
	bytes = belay_array_bytes(&a);
	if (c->bad || bytes == UINT64_MAX ||
	    bytes / PACK_BLOCK + (bytes % PACK_BLOCK != 0) > *blocks_left)
		return "an entry has more bytes than blocks";
	if (!pack_index_add(ix, &a, &err))
		return err.sys == ENOMEM ? pack_no_memory : "an entry is wrong";
	*blocks_left -= ix->entry[ix->n_entries - 1]->n_blocks;
	return NULL;
}

static bool lies_well(const struct pack_block *b, uint32_t bytes,
		      const struct pack_index *ix, uint64_t end)
{
	if (b->file > ix->n_parents || b->coding > PACK_ZSTD)
		return false;
	if (b->file)
		end = ix->parent[b->file - 1].size;
	return b->at % PACK_ALIGN == 0 && b->at >= PACK_HEADER &&
	       b->at <= end && b->stored <= end - b->at && b->stored &&
	       (b->coding == PACK_RAW ? b->stored == bytes : b->stored < bytes);
}

static const char *get_blocks(struct cursor *c, struct pack_entry *e,
			      const struct pack_index *ix, uint64_t end)
{
	for (uint64_t n = 0; n < e->n_blocks; n++) {
		struct pack_block *b = &e->block[n];

		b->at = get_u64(c);
		b->stored = get_u32(c);
		b->file = get_u16(c);
		b->coding = get_u16(c);
		memcpy(b->digest.bytes, get_bytes(c, 16), 16);
		if (!lies_well(b, pack_block_bytes(e, n), ix, end))
			return "a block is where it cannot be";
	}
	return NULL;
}

/* Everything before the blocks; how many entries there are in *entries. */
static const char *get_parents(struct cursor *c, struct pack_index *ix,
			       uint32_t *entries, uint64_t *blocks)
{
	const char *wrong = NULL;

	ix->identity = get_u64(c);
	ix->n_parents = get_u32(c);
	*entries = get_u32(c);
	*blocks = get_u64(c);
	if (c->bad || ix->n_parents > PACK_PARENTS_MAX ||
	    *blocks > PACK_INDEX_MAX / BLOCK_SIZE) {
		ix->n_parents = 0;
		return "the index is cut off";
	}
	for (unsigned i = 0; !wrong && i < ix->n_parents; i++)
		wrong = get_parent(c, &ix->parent[i]);
	return wrong;
}

const char *pack_index_decode(const uint8_t *bytes, size_t len, uint64_t end,
			      struct pack_index *ix)
{
	struct cursor c = cursor_over(bytes, len);
	const char *wrong;
	uint32_t entries;
	uint64_t blocks, left;

	wrong = get_parents(&c, ix, &entries, &blocks);
	if (!wrong && blocks * BLOCK_SIZE > (uint64_t)(c.end - c.at))
		wrong = "the index is cut off";
	left = blocks;
	for (uint32_t i = 0; !wrong && i < entries; i++)
		wrong = get_entry(&c, ix, &left);
	if (wrong)
		return wrong;
	get_bytes(&c, -(size_t)(c.at - bytes) % 8);
	if (c.bad || left ||
	    (uint64_t)(c.end - c.at) != blocks * BLOCK_SIZE)
		return "the index has another length";
	for (size_t i = 0; !wrong && i < ix->n_entries; i++)
		wrong = get_blocks(&c, ix->entry[i], ix, end);
	return wrong;
}
