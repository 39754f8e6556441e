/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - a part of a checkpoint: the arrays of one rank in one file, cut into
 *          blocks, each with a digest
 *
 * A block that a part of an earlier checkpoint holds already is not written: the
 * index says in which file it lies.  Such a file, a parent, is a file of the
 * same directory: a link of the checkpoint's own.  So all that a checkpoint
 * needs lies in its directory, and deleting another takes nothing from it.
 * The bytes are in doc/FORMAT.md.
 *
 * A writer or a reader is for one thread at a time; the threads that it starts
 * are its own, have all signals blocked, and are gone when it returns (those of
 * an asynchronous writer: when pack_finish() or pack_abandon() returns).  After
 * fork(2) only the process that made it may use it; in another one
 * pack_abandon() and pack_close() free memory and nothing else.
 */
#ifndef PACK_PACK_H
#define PACK_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

#define PACK_BLOCK (256u << 10)
#define PACK_PARENTS_MAX 8
#define PACK_NAME 129		/* of a file, with the NUL */

/* ---- writing ---- */

#define PACK_ZSTD_MAX 19
#define PACK_ZSTD_AUTO (-1)	/* where it makes writing faster */

struct pack_reader;

struct pack_options {
	uint8_t owner[16];	/* the run's submission id */
	unsigned attempt, rank, ranks;
	int zstd_level;		/* 0: none, to PACK_ZSTD_MAX, or _AUTO */
	bool verify;		/* read what was written back from storage */
	unsigned threads;	/* 0: one per processor, at most 4 */
	bool async;		/* puts copy, at most memory_max (0: 1 GiB) at
				 * once, and wait only for room */
	uint64_t memory_max;
	/* Whose blocks need not be written again, or NULL, and the name that its
	 * file gets in the new directory.  Borrowed until finish or abandon. */
	struct pack_reader *base;
	const char *base_as;
};

/* A file that holds blocks of another part. */
struct pack_parent {
	char name[PACK_NAME];
	uint64_t size;
	struct digest index;	/* that part's digest */
	uint64_t used;		/* bytes in it that are referred to */
};

/* Name must be free.  NULL: see err; BELAY_EBUSY, the name is taken. */
struct pack_writer *pack_create(int dirfd, const char *name,
				const struct pack_options *opt,
				struct belay_error *err);

/* After a failure of either only pack_abandon() is possible. */
int pack_put(struct pack_writer *w, const struct belay_array *a,
	     struct belay_error *err);
/* The bytes of a file from its beginning, as many as it has now. */
int pack_put_fd(struct pack_writer *w, const char *name, int fd,
		struct belay_error *err);

enum pack_proof {		/* how what was written was read back */
	PACK_UNVERIFIED,
	PACK_DIRECT,		/* O_DIRECT: from storage */
	PACK_DROPPED,		/* after telling the kernel to forget it */
};

struct pack_sum {
	struct digest index;	/* of the part */
	uint64_t size;		/* of the file */
	uint64_t bytes;		/* of all entries */
	uint64_t stored;	/* of the blocks in this file, as they lie */
	enum pack_proof proof;
	unsigned n_parents;
	struct pack_parent parent[PACK_PARENTS_MAX];
};

/*
 * Frees w in any case.  0: every byte is durable (the name is not), *sum says
 * what it is.  -1: the file is removed; nothing of it can be trusted.
 */
int pack_finish(struct pack_writer *w, struct pack_sum *sum,
		struct belay_error *err);
void pack_abandon(struct pack_writer *w);	/* w may be NULL */

/*
 * The parents of base that a part with that base may refer to, besides base
 * itself: link these into the new directory before pack_create(), and unlink
 * afterwards what is not in sum->parent.  One that is used by less than half is
 * left out: what of it still lives is written anew.
 */
unsigned pack_base_parents(const struct pack_reader *base,
			   struct pack_parent parent[PACK_PARENTS_MAX]);

/* ---- reading ---- */

/*
 * The part `name` of dirfd and its parents.  Header, index, sizes and names are
 * checked here, bytes when they are read.  want: its digest, or NULL.
 * BELAY_ECORRUPT: it is not what it should be; other codes: it cannot be read
 * now, and may be good.
 */
struct pack_reader *pack_open(int dirfd, const char *name,
			      const struct digest *want,
			      struct belay_error *err);
void pack_close(struct pack_reader *r);		/* may be NULL */

/* As pack_finish() said; proof is PACK_UNVERIFIED. */
const struct pack_sum *pack_sum(const struct pack_reader *r);
/* In the order of the puts; valid until close.  NULL: i is too great. */
size_t pack_count(const struct pack_reader *r);
const struct belay_entry *pack_entry(const struct pack_reader *r, size_t i);
const struct belay_entry *pack_find(const struct pack_reader *r,
				    const char *name);

/* Bytes of an entry, verified; threads as above.  BELAY_ECORRUPT names the entry
 * and the place; what stands in data is then undefined. */
int pack_read(struct pack_reader *r, const struct belay_entry *e,
	      uint64_t offset, void *data, uint64_t bytes, unsigned threads,
	      struct belay_error *err);
/* Every byte of every entry. */
int pack_verify(struct pack_reader *r, unsigned threads,
		struct belay_error *err);

#endif /* PACK_PACK_H */
