/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - one process's turn with the journal of its node */
#ifndef CHUNK_SESSION_H
#define CHUNK_SESSION_H

#include "chunk/shell.h"
#include "fs/fs.h"

struct shell_set {		/* a set that our journal has given a number */
	uint32_t number;
	char name[129];
	uint64_t count;
};

struct chunk_shell {
	struct run *run;
	unsigned attempt;
	char node[256];
	char name[RUN_NAME_SIZE];	/* of the journal; it owns blocks */
	int lock;
	struct journal_writer *w;	/* NULL until shell_go_on() */
	/* what the last segment of the journal says */
	struct shell_set *set;
	size_t n_sets;
	struct event begun;	/* the newest chunk_begin; type 0: none */
	struct event wanted;	/* the newest one of the chunk asked for */
	struct event scratch;
};

/* Continue the journal, with an eye on that chunk of that set (NULL: none). */
int shell_go_on(struct chunk_shell *sh, const char *set, uint64_t chunk,
		struct belay_error *err);
const struct shell_set *shell_set_find(const struct chunk_shell *sh,
				       const char *name);
/* The same; one that is not there is added and will be recorded. */
const struct shell_set *shell_set_add(struct chunk_shell *sh,
				      const struct chunk_set *set,
				      struct belay_error *err);
/* The set as an earlier attempt or another node defined it. */
const struct shell_set *shell_set_known(struct chunk_shell *sh,
					const char *name,
					struct belay_error *err);

/* ---- blocks of chunks, see claim.c ---- */

struct shell_blocks {
	int dirfd;		/* attempts/NNNNNN/claims */
	const struct run *run;
	unsigned attempt;
	const char *owner;
	const struct chunk_set *set;
	uint64_t size;		/* chunks of each but the last */
	struct fs_names taken;
};

int shell_blocks_open(struct shell_blocks *b, const struct chunk_shell *sh,
		      const struct chunk_set *set, struct belay_error *err);
void shell_blocks_close(struct shell_blocks *b);
uint64_t shell_blocks_count(const struct shell_blocks *b);
/* 1: it is ours now; 0: it is another's; -1. */
int shell_block_take(struct shell_blocks *b, uint64_t block,
		     struct belay_error *err);
bool shell_block_is_taken(const struct shell_blocks *b, uint64_t block);
int shell_block_is_ours(const struct shell_blocks *b, uint64_t block,
			struct belay_error *err);

#endif /* CHUNK_SESSION_H */
