/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - what only the folding of a set needs to know */
#ifndef CHUNK_SET_H
#define CHUNK_SET_H

#include "chunk/nodes.h"
#include "chunk/state.h"

/* Of chunks that began in the attempt that is folded; by chunk. */
struct chunk_begun {
	uint16_t *node;		/* where the newest try began; see nodes.h */
	uint8_t *tries;		/* its number; 0: not begun */
};

struct chunk_troubles {
	struct chunk_trouble **bucket;
	size_t n_buckets, n;
};

struct chunk_set *chunk_set_new(const char *name, uint64_t count);
void chunk_set_free(struct chunk_set *set);
void chunk_set_status(struct chunk_set *set, uint64_t chunk,
		      enum chunk_status status);
/* Judge a chunk anew by what is counted; done and given up stay so. */
void chunk_settle(struct chunk_set *set, uint64_t chunk);
/* set->begun, made when it is first needed; NULL when memory is out. */
struct chunk_begun *chunk_set_begun(struct chunk_set *set);

/* The trouble of a chunk, made if it has none; NULL when memory is out. */
struct chunk_trouble *chunk_trouble_make(struct chunk_set *set, uint64_t chunk);
#define CHUNK_NODE 256		/* the texts of a trouble, with their NUL */
#define CHUNK_LOST_NODES 512
#define CHUNK_REASON 256
/* Let one of its texts say that; -1 when memory is out. */
int chunk_trouble_say(const char **which, const char *text);
/* It was lost, on that node; -1 when memory is out. */
int chunk_trouble_lost(struct chunk_trouble *t, const char *node);
/* How often it failed or was lost. */
uint32_t chunk_troubles_had(const struct chunk_set *set, uint64_t chunk);
/* All of them by chunk number; the caller frees.  NULL: memory is out. */
struct chunk_trouble **chunk_troubles_sorted(const struct chunk_set *set);
void chunk_troubles_free(struct chunk_troubles *t);

#endif /* CHUNK_SET_H */
