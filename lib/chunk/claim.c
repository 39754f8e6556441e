/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.c - the next chunk for a shell loop
 *
 * In this order: from the block that the last one came from, which needs no
 * look at others; from a block that nobody has; from any that is ours, and
 * there what failed before comes last.
 */

#include <stdio.h>

#include "base/error.h"
#include "chunk/blocks.h"
#include "chunk/session.h"
#include "chunk/set.h"

struct search {
	struct chunk_shell *sh;
	struct chunk_set *set;
	const struct shell_set *numbered;
	struct chunk_blocks blocks;
	uint32_t max_attempts;
	uint64_t found;
	struct belay_error *err;
};

static int add_event(struct search *s, enum event_type type, uint64_t chunk,
		     const char *text)
{
	struct event e = { .type = type, .set = s->numbered->number,
			   .chunk = chunk };

	e.try = chunk_troubles_had(s->set, chunk) + 1;
	snprintf(e.node, sizeof(e.node), "%s", s->sh->node);
	snprintf(e.text, sizeof(e.text), "%s", text);
	return event_add(s->sh->w, &e, s->err) ? 0 : -1;
}

/* A chunk that takes its node with it is begun so often and not more. */
static int give_up(struct search *s, uint64_t chunk)
{
	const struct chunk_trouble *t = chunk_trouble_of(s->set, chunk);
	char text[EVENT_TEXT];

	snprintf(text, sizeof(text), "failed %u and lost %u times; lost on "
		 "'%.400s'", t->fails, t->lost, t->lost_nodes);
	chunk_set_status(s->set, chunk, CHUNK_QUARANTINED);
	return add_event(s, EVENT_CHUNK_GIVE_UP, chunk, text);
}

/* The first chunk of the block that stands so: 1 found, 0 none, -1. */
static int find_in(struct search *s, uint64_t block, enum chunk_status status)
{
	uint64_t c = block * s->blocks.size, end = c + s->blocks.size;

	for (; c < end && c < s->set->count; c++) {
		if (s->set->status[c] != status)
			continue;
		if (chunk_troubles_had(s->set, c) < s->max_attempts) {
			s->found = c;
			return 1;
		}
		if (give_up(s, c) < 0)
			return -1;
	}
	return 0;
}

static bool has_work(const struct search *s, uint64_t block)
{
	uint64_t c = block * s->blocks.size, end = c + s->blocks.size;

	for (; c < end && c < s->set->count; c++)
		if (s->set->status[c] == CHUNK_PENDING ||
		    s->set->status[c] == CHUNK_RETRYING)
			return true;
	return false;
}

static int find_in_last_block(struct search *s)
{
	const struct event *last = &s->sh->begun;

	if (!last->type || last->set != s->numbered->number ||
	    last->chunk >= s->set->count)
		return 0;
	return find_in(s, last->chunk / s->blocks.size, CHUNK_PENDING);
}

static int find_in_new_block(struct search *s)
{
	uint64_t n = chunk_blocks_count(&s->blocks);
	int rc = 0;

	for (uint64_t b = 0; b < n && rc == 0; b++) {
		if (chunk_block_is_taken(&s->blocks, b) || !has_work(s, b))
			continue;
		rc = chunk_block_take(&s->blocks, b, s->err);
		if (rc != 1)
			continue;
		rc = find_in(s, b, CHUNK_PENDING);
		if (rc == 0)
			rc = find_in(s, b, CHUNK_RETRYING);
	}
	return rc;
}

static int find_in_our_blocks(struct search *s, enum chunk_status status)
{
	uint64_t n = chunk_blocks_count(&s->blocks);
	int rc = 0;

	for (uint64_t b = 0; b < n && rc == 0; b++) {
		if (!has_work(s, b))
			continue;
		rc = chunk_block_is_ours(&s->blocks, b, s->err);
		if (rc == 1)
			rc = find_in(s, b, status);
	}
	return rc;
}

static int find(struct search *s)
{
	int rc = chunk_blocks_open(&s->blocks, s->sh->run, s->sh->attempt,
				   s->sh->name, s->set, s->err);

	if (rc == 0)
		rc = find_in_last_block(s);
	if (rc == 0)
		rc = find_in_new_block(s);
	if (rc == 0)
		rc = find_in_our_blocks(s, CHUNK_PENDING);
	if (rc == 0)
		rc = find_in_our_blocks(s, CHUNK_RETRYING);
	chunk_blocks_close(&s->blocks);
	return rc;
}

/* What was found begins, on disk before anybody hears of it. */
static int begin(struct search *s, int found)
{
	if (found == 1 &&
	    add_event(s, EVENT_CHUNK_BEGIN, s->found, "") < 0)
		return -1;
	if (journal_pending(s->sh->w) && journal_commit(s->sh->w, s->err) < 0)
		return -1;
	return found;
}

static int claim(struct search *s)
{
	int found;

	if (shell_go_on(s->sh, NULL, 0, s->err) < 0)
		return -1;
	s->numbered = shell_set_add(s->sh, s->set, s->err);
	if (!s->numbered)
		return -1;
	found = find(s);
	return found < 0 ? -1 : begin(s, found);
}

int chunk_shell_claim(struct chunk_shell *sh, const char *set, uint64_t count,
		      uint32_t max_attempts, uint64_t *chunk,
		      uint64_t *unfinished, struct belay_error *err)
{
	struct search s = {
		.sh = sh, .max_attempts = max_attempts, .err = err,
	};
	struct chunk_state *state = chunk_shell_state(sh, set, count, err);
	int rc;

	if (!state)
		return -1;
	s.set = chunk_set_find(state, set);
	rc = claim(&s);
	if (rc == 1)
		*chunk = s.found;
	if (rc == 0)
		*unfinished = s.set->count - s.set->n[CHUNK_DONE] -
			      s.set->n[CHUNK_QUARANTINED];
	chunk_state_free(state);
	return rc;
}
