/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - blocks of a part, from the files that hold them */
#ifndef PACK_SOURCE_H
#define PACK_SOURCE_H

#include "pack/coder.h"

struct source {
	const char *name;	/* of the part */
	int fd[1 + PACK_PARENTS_MAX];	/* it and its parents, or -1 */
	bool direct;		/* O_DIRECT: all at multiples of PACK_ALIGN */
	struct pack_index ix;
};

/*
 * n blocks of e, at most RUN_BLOCKS, from the first on, each with its digest,
 * into data; or only looked at when that is NULL, except those of parents when
 * own is set.
 */
int source_read(const struct source *s, struct coder *c,
		const struct pack_entry *e, uint64_t first, unsigned n,
		uint8_t *data, bool own, struct belay_error *err);

/* All blocks of all entries, looked at by several threads. */
int source_verify(const struct source *s, unsigned threads, bool own,
		  struct belay_error *err);

#endif /* PACK_SOURCE_H */
