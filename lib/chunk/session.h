/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - one process's turn with the journal of its node */
#ifndef CHUNK_SESSION_H
#define CHUNK_SESSION_H

#include "chunk/shell.h"

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

#endif /* CHUNK_SESSION_H */
