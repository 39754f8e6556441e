/* SPDX-License-Identifier: Apache-2.0 */
/* tally.c - how many chunks stand how, and those that wait for another try */

#include <stdio.h>
#include <stdlib.h>

#include "api/chunks.h"

int api_read_chunks(struct belay *b, struct belay_error *err)
{
	if (!b->chunks)
		b->chunks = calloc(1, sizeof(*b->chunks));
	if (!b->chunks)
		return err_nomem(err);
	return api_chunks_reload(b, err);
}

static int find_counts(const struct chunk_state *state, const char *name,
		       uint64_t n[5], uint64_t *total, struct belay_error *err)
{
	const struct chunk_set *set;

	if (!name) {
		chunk_totals(state, n, total);
		return 0;
	}
	set = chunk_set_find(state, name);
	if (!set)
		return err_set(err, BELAY_ENOENT, "no set '%s' in this run",
			       name);
	for (int i = 0; i < 5; i++)
		n[i] = set->n[i];
	*total = set->count;
	return 0;
}

int belay_chunk_counts(struct belay *b, const char *set,
		       struct belay_chunk_counts *counts,
		       struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	uint64_t n[5], total;

	if (!mine || api_need(counts, "a place for the counts", err) < 0 ||
	    api_read_chunks(b, err) < 0 ||
	    find_counts(b->chunks->state, set, n, &total, err) < 0)
		return -1;
	*counts = (struct belay_chunk_counts){
		.total = total, .done = n[CHUNK_DONE],
		.running = n[CHUNK_RUNNING], .pending = n[CHUNK_PENDING],
		.retrying = n[CHUNK_RETRYING],
		.quarantined = n[CHUNK_QUARANTINED],
	};
	return 0;
}

/* The set as the disk has it now, and as the handle knows it. */
static struct chunk_set *read_set(struct belay *b, const char *set,
				  struct api_set **s, struct belay_error *err)
{
	*s = api_set_find(b, set, err);
	return *s && api_read_chunks(b, err) == 0 ? api_set_state(b, *s, err) :
						    NULL;
}

int64_t belay_pending_retries(struct belay *b, const char *set,
			      uint64_t *chunks, size_t max,
			      struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	const struct chunk_set *is;
	struct api_set *s;
	size_t found = 0;

	if (!mine ||
	    (max && api_need(chunks, "a place for the chunks", err) < 0))
		return -1;
	is = read_set(b, set, &s, err);
	if (!is)
		return -1;
	for (uint64_t c = 0; found < is->n[CHUNK_RETRYING] && found < max; c++)
		if (is->status[c] == CHUNK_RETRYING)
			chunks[found++] = c;
	return (int64_t)is->n[CHUNK_RETRYING];
}

static int give_up(struct belay *b, struct api_set *s, uint64_t chunk,
		   const char *reason, struct belay_error *err)
{
	struct event e = { .type = EVENT_CHUNK_GIVE_UP, .chunk = chunk };

	api_say(e.text, reason);
	return api_chunk_record(b, s, &e, err);
}

int64_t belay_clear_retries(struct belay *b, const char *set,
			    const char *reason, struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct chunk_set *is;
	struct api_set *s;
	int64_t n = 0;

	if (!mine)
		return -1;
	is = read_set(b, set, &s, err);
	if (!is)
		return -1;
	for (uint64_t c = 0; is->n[CHUNK_RETRYING]; c++) {
		if (is->status[c] != CHUNK_RETRYING)
			continue;
		if (give_up(b, s, c, reason, err) < 0)
			return -1;
		n++;
	}
	return api_commit(b, err) < 0 ? -1 : n;
}
