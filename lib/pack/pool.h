/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - memory for copies: taken in large pieces, given back all at once
 *
 * Memory that is touched for the first time is zeroed first and costs a fault
 * each page: more than the copy into it.  So it is a file in memory that is
 * written, which costs neither, and mapped for those that read it.
 */
#ifndef PACK_POOL_H
#define PACK_POOL_H

#include "pack/async.h"

struct pool {			/* start from { .max = ... } */
	uint64_t used, max;	/* bytes given out, and how many may be */
	struct copy *spare;	/* of RUN_BYTES each */
	struct slab *slab;
};

bool pool_has_room(const struct pool *p, size_t bytes);
struct copy *pool_take(struct pool *p, size_t bytes);	/* NULL: no memory */
void pool_return(struct pool *p, struct copy *c);
void copy_fill(struct copy *c, const void *data);	/* c->bytes of it */
void pool_fini(struct pool *p);

#endif /* PACK_POOL_H */
