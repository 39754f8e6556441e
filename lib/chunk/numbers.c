/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers.c - which set a record is about
 *
 * Records name a set by a number that their journal gave to it, so that they
 * stay small.  The newest record of a number counts.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk/fold.h"

int chunk_turn_to_journal(struct chunk_state *s, const struct event *e)
{
	const char *writer = e->writer ? e->writer : "";
	struct chunk_fold *f = s->fold;

	if (f->attempt != e->attempt || strcmp(f->writer, writer)) {
		f->attempt = e->attempt;
		snprintf(f->writer, sizeof(f->writer), "%s", writer);
		f->n_bound = 0;
	}
	return chunk_state_attempt(s, e->attempt);
}

static struct chunk_bound *find_bound(struct chunk_fold *f, uint32_t number)
{
	for (size_t i = 0; i < f->n_bound; i++)
		if (f->bound[i].number == number)
			return &f->bound[i];
	return NULL;
}

struct chunk_bound *chunk_bind(struct chunk_fold *f, uint32_t number)
{
	struct chunk_bound *b = find_bound(f, number);

	if (b)
		return b;
	if (f->n_bound == f->cap_bound) {
		size_t cap = f->cap_bound ? 2 * f->cap_bound : 8;
		struct chunk_bound *grown = realloc(f->bound,
						    cap * sizeof(*grown));

		if (!grown)
			return NULL;
		f->bound = grown;
		f->cap_bound = cap;
	}
	b = &f->bound[f->n_bound++];
	b->number = number;
	return b;
}

struct chunk_set *chunk_set_of(const struct chunk_state *s,
			       const struct event *e)
{
	struct chunk_bound *b = find_bound(s->fold, e->set);

	return b && b->set && e->chunk < b->set->count ? b->set : NULL;
}
