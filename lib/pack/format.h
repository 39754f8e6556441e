/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - a part as bytes and as structs; doc/FORMAT.md says it byte by byte
 *
 * Nothing here touches a file.  What is decoded may be anything: each number is
 * held against the limits before it is used.
 */
#ifndef PACK_FORMAT_H
#define PACK_FORMAT_H

#include "base/buf.h"
#include "pack/pack.h"

#define PACK_HEADER 4096u
#define PACK_FOOTER 64u
#define PACK_ALIGN 4096u
#define PACK_INDEX_MAX (1u << 30)

struct pack_header {
	uint8_t owner[16];
	unsigned attempt, rank, ranks;
};

struct pack_footer {
	uint64_t at, len;	/* of the index */
	struct digest digest;	/* its digest */
	uint64_t size;		/* of the file */
};

enum pack_coding { PACK_RAW = 0, PACK_ZSTD = 1 };

struct pack_block {
	uint64_t at;
	uint32_t stored;
	uint16_t file;		/* 0: this one; n: parent[n - 1] */
	uint16_t coding;
	struct digest digest;
};

struct pack_entry {
	struct belay_entry e;	/* first: callers hold this */
	uint64_t n_blocks;
	struct pack_block *block;
	uint64_t shape[];	/* and the name behind */
};

struct pack_index {		/* start from { 0 } */
	uint64_t identity;
	unsigned n_parents;
	struct pack_parent parent[PACK_PARENTS_MAX];
	size_t n_entries, cap;
	struct pack_entry **entry;
	size_t *slot;		/* entries by their names: number + 1, or 0 */
	size_t slots;		/* a power of two */
};

void pack_index_fini(struct pack_index *ix);
/* A copy of what the array is, with room for its blocks; behind the others.
 * NULL: BELAY_EINVAL, it is not acceptable or there already; or no memory. */
struct pack_entry *pack_index_add(struct pack_index *ix,
				  const struct belay_array *a,
				  struct belay_error *err);

const struct pack_entry *pack_index_find(const struct pack_index *ix,
					 const char *name);

/* Bytes of the n-th block of an entry as the array has them. */
uint32_t pack_block_bytes(const struct pack_entry *e, uint64_t n);
/* What the blocks take in this file, and what each parent holds (`used`). */
uint64_t pack_index_count(struct pack_index *ix);

/* Fills PACK_HEADER bytes; the identity. */
uint64_t pack_header_encode(const struct pack_header *h, uint8_t *out);
void pack_footer_encode(const struct pack_footer *f, uint64_t identity,
			uint8_t out[PACK_FOOTER]);
void pack_index_encode(const struct pack_index *ix, struct buf *out);

/* NULL, or what is wrong.  *newer: it is of a newer belay, and may be good. */
const char *pack_header_decode(const uint8_t *bytes, struct pack_header *h,
			       uint64_t *identity, bool *newer);
const char *pack_footer_decode(const uint8_t bytes[PACK_FOOTER],
			       uint64_t identity, struct pack_footer *f);
/* ix is { 0 } and to be freed in any case; blocks of this file end before end.
 * pack_no_memory: nothing is wrong with it. */
extern const char pack_no_memory[];
const char *pack_index_decode(const uint8_t *bytes, size_t len, uint64_t end,
			      struct pack_index *ix);

#endif /* PACK_FORMAT_H */
