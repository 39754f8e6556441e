/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h - which writer hands out which chunks of a set in an attempt */
#ifndef CHUNK_BLOCKS_H
#define CHUNK_BLOCKS_H

#include "chunk/state.h"
#include "fs/fs.h"

struct chunk_blocks {
	int dirfd;		/* attempts/NNNNNN/claims */
	const struct run *run;
	unsigned attempt;
	const char *owner;	/* our writer */
	const struct chunk_set *set;
	uint64_t size;		/* chunks of each but the last */
	struct fs_names taken;
};

/* What is passed is borrowed until chunk_blocks_close(), which comes in any
 * case. */
int chunk_blocks_open(struct chunk_blocks *b, const struct run *r,
		      unsigned attempt, const char *owner,
		      const struct chunk_set *set, struct belay_error *err);
void chunk_blocks_close(struct chunk_blocks *b);
uint64_t chunk_blocks_count(const struct chunk_blocks *b);
/* 1: it is ours now; 0: it is another's; -1. */
int chunk_block_take(struct chunk_blocks *b, uint64_t block,
		     struct belay_error *err);
bool chunk_block_is_taken(const struct chunk_blocks *b, uint64_t block);
int chunk_block_is_ours(const struct chunk_blocks *b, uint64_t block,
			struct belay_error *err);

#endif /* CHUNK_BLOCKS_H */
