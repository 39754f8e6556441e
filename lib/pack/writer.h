/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - what a writer is, for the files of this room */
#ifndef PACK_WRITER_H
#define PACK_WRITER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "pack/pace.h"
#include "pack/source.h"
#include "pack/team.h"

struct pack_writer {
	pid_t pid;		/* who made it */
	struct pack_options opt;
	char name[PACK_NAME];
	int dirfd, fd;
	bool failed;		/* a put: only abandon is left */
	struct pack_index ix;	/* its parents: all that there may be */
	/* Which of ix.parent, from 1, a file of base's is; 0: none. */
	uint16_t file[1 + PACK_PARENTS_MAX];
	_Atomic uint64_t end;	/* of what is given out of the file */
	struct pace pace;
	struct coder coder[TEAM_MAX];	/* of each worker */
	struct async *async;	/* or NULL: a put returns when all is stored */
};

/* Blocks of an entry, at most RUN_BLOCKS, to be stored. */
struct run_of_blocks {
	struct pack_entry *e;
	uint64_t first;
	unsigned n;
	const uint8_t *data;
};

/* Digest them, and write those that base does not hold. */
int writer_store(struct pack_writer *w, unsigned worker,
		 const struct run_of_blocks *r, struct belay_error *err);

/* Read every block of the file back from storage. */
int writer_verify(struct pack_writer *w, enum pack_proof *proof,
		  struct belay_error *err);

#endif /* PACK_WRITER_H */
