/* SPDX-License-Identifier: Apache-2.0 */
/* fold.h - what folding remembers between two events */
#ifndef CHUNK_FOLD_H
#define CHUNK_FOLD_H

#include "chunk/nodes.h"
#include "chunk/state.h"

struct chunk_bound {		/* a number that a journal gave to a set */
	uint32_t number;
	struct chunk_set *set;	/* NULL: it is not what the run has under it */
};

struct chunk_fold {
	/* the journal whose events come */
	unsigned attempt;
	char writer[RUN_NAME_SIZE];
	struct chunk_bound *bound;
	size_t n_bound, cap_bound;
	/* of all */
	struct chunk_nodes nodes;
};

/* The numbers of sets are a journal's own: begin anew with another one. */
int chunk_turn_to_journal(struct chunk_state *s, const struct event *e);
/* The set of a number, to be filled in; NULL when memory is out. */
struct chunk_bound *chunk_bind(struct chunk_fold *f, uint32_t number);
/* The set that the record of a chunk is about, or NULL. */
struct chunk_set *chunk_set_of(const struct chunk_state *s,
			       const struct event *e);

/* Room for the counters of attempt n. */
int chunk_state_attempt(struct chunk_state *s, unsigned n);

#endif /* CHUNK_FOLD_H */
