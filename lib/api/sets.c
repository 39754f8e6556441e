/* SPDX-License-Identifier: Apache-2.0 */
/* sets.c - the sets of a handle, and how their chunks stand */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/chunks.h"
#include "base/clock.h"
#include "chunk/set.h"
#include "journal/journal.h"

#define USUAL_SET "main"

/* ---- what has begun ---- */

int api_begun_add(struct api_begun_list *l, const struct api_begun *one,
		  struct belay_error *err)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 8;
		struct api_begun *grown = realloc(l->at, cap * sizeof(*grown));

		if (!grown)
			return err_nomem(err);
		l->at = grown;
		l->cap = cap;
	}
	l->at[l->n++] = *one;
	return 0;
}

struct api_begun api_begun_take(struct api_begun_list *l, uint64_t chunk)
{
	struct api_begun found = { .chunk = chunk };

	for (size_t i = 0; i < l->n; i++) {
		if (l->at[i].chunk != chunk)
			continue;
		found = l->at[i];
		l->at[i] = l->at[--l->n];
		break;
	}
	return found;
}

/* ---- the state ---- */

/* Events are folded as their readers will: with the journal they are in, and
 * its numbers of sets. */
static int fold(struct belay *b, struct event *e, struct belay_error *err)
{
	e->attempt = b->attempt;
	e->writer = journal_name(b->journal);
	e->time_us = clock_wall_us();
	return chunk_state_fold(b->chunks->state, e, err);
}

static void describe_set(const struct api_set *s, const struct chunk_set *is,
			 struct event *e)
{
	*e = (struct event){ .type = EVENT_SET, .set = s->number,
			     .count = s->count };
	memcpy(e->name, s->name, sizeof(e->name));
	if (!is)
		return;
	memcpy(e->items, is->items, sizeof(e->items));
	memcpy(e->command, is->command, sizeof(e->command));
}

/* What is done here and not recorded yet is not on the disk. */
static void repeat_done(struct api_chunks *c)
{
	for (size_t i = 0; i < c->n_done; i++) {
		const struct api_done *d = &c->done[i];

		for (const struct api_set *s = c->sets; s; s = s->next) {
			struct chunk_set *is = s->number == d->set ?
				chunk_set_find(c->state, s->name) : NULL;

			if (is)
				chunk_set_status(is, d->chunk, CHUNK_DONE);
		}
	}
}

static int load(struct belay *b, struct belay_error *err)
{
	struct api_chunks *c = b->chunks;
	struct event e;

	c->state = chunk_state_load(b->run, err);
	if (!c->state)
		return -1;
	for (const struct api_set *s = c->sets; s; s = s->next) {
		if (!s->named)
			continue;
		describe_set(s, chunk_set_find(c->state, s->name), &e);
		if (fold(b, &e, err) < 0)
			return -1;
	}
	repeat_done(c);
	return 0;
}

int api_chunks_reload(struct belay *b, struct belay_error *err)
{
	struct api_chunks *c = b->chunks;

	/* the old one goes first: of many chunks there is no room for two */
	chunk_state_free(c->state);
	c->state = NULL;
	if (run_reload(b->run, err) < 0)
		return -1;
	if (load(b, err) == 0)
		return 0;
	chunk_state_free(c->state);
	c->state = NULL;
	return -1;
}

struct chunk_set *api_set_state(struct belay *b, const struct api_set *s,
				struct belay_error *err)
{
	struct chunk_set *is;

	if (!b->chunks->state && api_chunks_reload(b, err) < 0)
		return NULL;
	is = chunk_set_find(b->chunks->state, s->name);
	if (!is || is->count != s->count) {
		err_set(err, BELAY_ECORRUPT, "set '%s' is not what it was; see "
			"'belay events' for damaged journals", s->name);
		return NULL;
	}
	return is;
}

/* ---- records ---- */

/* The set's own record comes before the first of its chunks. */
static int name_set(struct belay *b, struct api_set *s,
		    const struct chunk_set *is, struct belay_error *err)
{
	struct event e;

	if (s->named)
		return 0;
	describe_set(s, is, &e);
	if (api_record(b, &e, err) < 0)
		return -1;
	s->named = true;
	return b->chunks->state ? fold(b, &e, err) : 0;
}

int api_chunk_record(struct belay *b, struct api_set *s, struct event *e,
		     struct belay_error *err)
{
	struct chunk_set *is = api_set_state(b, s, err);

	if (!is || name_set(b, s, is, err) < 0)
		return -1;
	e->set = s->number;
	memcpy(e->node, b->info.node, sizeof(e->node));
	if (e->type != EVENT_CHUNK_DONE && api_record(b, e, err) < 0)
		return -1;
	return fold(b, e, err);
}

/* ---- sets ---- */

static struct api_set *find(const struct api_chunks *c, const char *name)
{
	struct api_set *s = c ? c->sets : NULL;

	while (s && strcmp(s->name, name ? name : USUAL_SET))
		s = s->next;
	return s;
}

struct api_set *api_set_find(struct belay *b, const char *name,
			     struct belay_error *err)
{
	struct api_set *s = find(b->chunks, name);

	if (!s)
		err_set(err, BELAY_EINVAL, "set '%s' is not known here; call "
			"belay_chunks() first", name ? name : USUAL_SET);
	return s;
}

static struct api_set *add(struct api_chunks *c, const char *name,
			   uint64_t count)
{
	struct api_set *s = calloc(1, sizeof(*s)), **last = &c->sets;

	if (!s)
		return NULL;
	strncpy(s->name, name, sizeof(s->name) - 1);
	s->count = count;
	s->number = 1;
	for (; *last; last = &(*last)->next)
		s->number++;
	return *last = s;
}

static void set_free(struct api_set *s)
{
	free(s->block);
	free(s->ahead.at);
	free(s->begun.at);
	free(s);
}

/* The last one, which turned out not to be a set of the run. */
static void drop_last(struct api_chunks *c)
{
	struct api_set **last = &c->sets;

	while ((*last)->next)
		last = &(*last)->next;
	set_free(*last);
	*last = NULL;
}

/* Another process may define the set at the same moment, and otherwise: so what
 * holds is read anew once ours is on disk. */
static int define_on_disk(struct belay *b, struct api_set *s,
			  const struct chunk_set *is, struct belay_error *err)
{
	if (name_set(b, s, is, err) < 0 || api_commit(b, err) < 0 ||
	    api_chunks_reload(b, err) < 0)
		return -1;
	return chunk_set_define(b->chunks->state, s->name, s->count, NULL,
				NULL, err) ? 0 : -1;
}

static int define(struct belay *b, const char *name, uint64_t count,
		  struct belay_error *err)
{
	struct api_chunks *c = b->chunks;
	bool there = chunk_set_find(c->state, name);
	const struct chunk_set *is = chunk_set_define(c->state, name, count,
						      NULL, NULL, err);
	struct api_set *s = is ? add(c, name, count) : NULL;

	if (!s)
		return is ? err_nomem(err) : -1;
	if (there || define_on_disk(b, s, is, err) == 0)
		return 0;
	drop_last(c);
	return -1;
}

int belay_chunks(struct belay *b, const char *set, uint64_t count,
		 struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	const char *name = set ? set : USUAL_SET;
	struct api_set *s;

	if (!mine)
		return -1;
	if (!b->chunks)
		b->chunks = calloc(1, sizeof(*b->chunks));
	if (!b->chunks)
		return err_nomem(err);
	s = find(b->chunks, name);
	if (s && s->count != count)
		return err_set(err, BELAY_ECONFIG, "set '%s' has %" PRIu64
			       " chunks in this run, not %" PRIu64
			       "; use another set or another run", name,
			       s->count, count);
	if (s)
		return 0;
	if (api_chunks_reload(b, err) < 0)
		return -1;
	return define(b, name, count, err);
}

void api_chunks_free(struct api_chunks *c)
{
	struct api_set *s, *next;

	if (!c)
		return;
	for (s = c->sets; s; s = next) {
		next = s->next;
		set_free(s);
	}
	chunk_state_free(c->state);
	free(c->done);
	buf_free(&c->inlined);
	buf_free(&c->filed);
	free(c);
}
