/* SPDX-License-Identifier: Apache-2.0 */
/* set.c - a numbered list of chunks, and how each of them stands */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chunk/set.h"

const char *const chunk_status_word[5] = {
	[CHUNK_PENDING] = "pending",
	[CHUNK_RUNNING] = "running",
	[CHUNK_DONE] = "done",
	[CHUNK_RETRYING] = "retrying",
	[CHUNK_QUARANTINED] = "quarantined",
};

struct chunk_set *chunk_set_new(const char *name, uint64_t count)
{
	struct chunk_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	snprintf(set->name, sizeof(set->name), "%s", name);
	set->count = set->n[CHUNK_PENDING] = count;
	set->status = calloc(count + 2, 1);	/* of an even number */
	set->troubles = calloc(1, sizeof(*set->troubles));
	if (!set->status || !set->troubles) {
		chunk_set_free(set);
		return NULL;
	}
	return set;
}

void chunk_set_free(struct chunk_set *set)
{
	if (!set)
		return;
	if (set->begun) {
		free(set->begun->node);
		free(set->begun->tries);
		free(set->begun);
	}
	chunk_troubles_free(set->troubles);
	free(set->status);
	free(set);
}

void chunk_set_status(struct chunk_set *set, uint64_t chunk,
		      enum chunk_status status)
{
	set->n[set->status[chunk]]--;
	set->n[status]++;
	set->status[chunk] = (uint8_t)status;
}

void chunk_settle(struct chunk_set *set, uint64_t chunk)
{
	const struct chunk_trouble *t = chunk_trouble_of(set, chunk);
	enum chunk_status status = set->status[chunk];

	if (status == CHUNK_DONE || status == CHUNK_QUARANTINED)
		return;
	if (set->begun &&
	    set->begun->tries[chunk] > chunk_troubles_had(set, chunk))
		status = CHUNK_RUNNING;
	else
		status = t && t->fails ? CHUNK_RETRYING : CHUNK_PENDING;
	chunk_set_status(set, chunk, status);
}

struct chunk_begun *chunk_set_begun(struct chunk_set *set)
{
	struct chunk_begun *b = set->begun;

	if (b)
		return b;
	b = set->begun = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->node = calloc(set->count + 1, sizeof(*b->node));
	b->tries = calloc(set->count + 1, sizeof(*b->tries));
	if (b->node && b->tries)
		return b;
	free(b->node);
	free(b->tries);
	free(b);
	return set->begun = NULL;
}

struct chunk_set *chunk_set_find(const struct chunk_state *s, const char *name)
{
	struct chunk_set *set = s->sets;

	while (set && strcmp(set->name, name))
		set = set->next;
	return set;
}

static bool differs(const uint8_t *wanted, const uint8_t is[16])
{
	return wanted && memcmp(wanted, is, 16);
}

static int check_same(const struct chunk_set *set, uint64_t count,
		      const uint8_t *items, const uint8_t *command,
		      struct belay_error *err)
{
	if (set->count != count)
		return err_set(err, BELAY_ECONFIG, "set '%s' has %" PRIu64
			       " chunks in this run, not %" PRIu64
			       "; use another set or another run", set->name,
			       set->count, count);
	if (differs(items, set->items))
		return err_set(err, BELAY_ECONFIG, "set '%s' was made from "
			       "other items; use another set or another run",
			       set->name);
	if (differs(command, set->command))
		return err_set(err, BELAY_ECONFIG, "set '%s' was made for "
			       "another command; use another set or another "
			       "run", set->name);
	return 0;
}

static int check_new(const char *name, uint64_t count, struct belay_error *err)
{
	if (!text_is_name(name))
		return err_set(err, BELAY_EINVAL, "not a set's name: '%s'",
			       name);
	if (count > CHUNK_COUNT_MAX)
		return err_set(err, BELAY_EINVAL, "too many chunks: %" PRIu64
			       "; a set has at most %u", count,
			       CHUNK_COUNT_MAX);
	return 0;
}

struct chunk_set *chunk_set_define(struct chunk_state *s, const char *name,
				   uint64_t count, const uint8_t items[16],
				   const uint8_t command[16],
				   struct belay_error *err)
{
	struct chunk_set *set = chunk_set_find(s, name), **last = &s->sets;

	if (set)
		return check_same(set, count, items, command, err) < 0 ? NULL
								       : set;
	if (check_new(name, count, err) < 0)
		return NULL;
	set = chunk_set_new(name, count);
	if (!set) {
		err_nomem(err);
		return NULL;
	}
	if (items)
		memcpy(set->items, items, 16);
	if (command)
		memcpy(set->command, command, 16);
	while (*last)
		last = &(*last)->next;
	return *last = set;
}

void chunk_totals(const struct chunk_state *s, uint64_t n[5], uint64_t *total)
{
	memset(n, 0, 5 * sizeof(n[0]));
	*total = 0;
	for (const struct chunk_set *set = s->sets; set; set = set->next) {
		for (int i = 0; i < 5; i++)
			n[i] += set->n[i];
		*total += set->count;
	}
}
