/* SPDX-License-Identifier: Apache-2.0 */
/* troubles.c - the few chunks of a set that ever failed or were lost */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chunk/set.h"

/* A text that was never said takes no memory: there may be many troubles. */
static const char nothing[] = "";

static void forget(const char *text)
{
	if (text != nothing)
		free((void *)(uintptr_t)text);
}

int chunk_trouble_say(const char **which, const char *text)
{
	char *copy;

	if (!strcmp(*which, text))
		return 0;
	copy = strdup(text);
	if (!copy)
		return -1;
	forget(*which);
	*which = copy;
	return 0;
}

static size_t bucket_of(const struct chunk_troubles *t, uint64_t chunk)
{
	/* by a multiplication that mixes: chunks that fail are often neighbours
	 * or multiples of something */
	return (size_t)(chunk * 0x9e3779b97f4a7c15u >> 32) & (t->n_buckets - 1);
}

static void insert(struct chunk_troubles *t, struct chunk_trouble *one)
{
	size_t b = bucket_of(t, one->chunk);

	one->next_in_bucket = t->bucket[b];
	t->bucket[b] = one;
}

static int grow(struct chunk_troubles *t)
{
	struct chunk_troubles old = *t;

	t->n_buckets = old.n_buckets ? 2 * old.n_buckets : 64;
	t->bucket = calloc(t->n_buckets, sizeof(*t->bucket));
	if (!t->bucket) {
		*t = old;
		return -1;
	}
	for (size_t b = 0; b < old.n_buckets; b++) {
		struct chunk_trouble *one = old.bucket[b], *next;

		for (; one; one = next) {
			next = one->next_in_bucket;
			insert(t, one);
		}
	}
	free(old.bucket);
	return 0;
}

static struct chunk_trouble *find(const struct chunk_troubles *t,
				  uint64_t chunk)
{
	struct chunk_trouble *one;

	if (!t->n)
		return NULL;
	one = t->bucket[bucket_of(t, chunk)];
	while (one && one->chunk != chunk)
		one = one->next_in_bucket;
	return one;
}

const struct chunk_trouble *chunk_trouble_of(const struct chunk_set *set,
					     uint64_t chunk)
{
	return find(set->troubles, chunk);
}

struct chunk_trouble *chunk_trouble_make(struct chunk_set *set, uint64_t chunk)
{
	struct chunk_troubles *t = set->troubles;
	struct chunk_trouble *one = find(t, chunk);

	if (one)
		return one;
	if (t->n == t->n_buckets && grow(t) < 0)
		return NULL;
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	one->chunk = chunk;
	one->node = one->lost_nodes = one->reason = nothing;
	insert(t, one);
	t->n++;
	return one;
}

uint32_t chunk_troubles_had(const struct chunk_set *set, uint64_t chunk)
{
	const struct chunk_trouble *t = chunk_trouble_of(set, chunk);

	return t ? t->fails + t->lost : 0;
}

int chunk_trouble_lost(struct chunk_trouble *t, const char *node)
{
	size_t n = strlen(node);
	const char *at = t->lost_nodes;
	char all[CHUNK_LOST_NODES];

	t->lost++;
	while ((at = strstr(at, node)) && *node) {
		if ((at == t->lost_nodes || at[-1] == ',') &&
		    (at[n] == ',' || !at[n]))
			return 0;
		at += n;
	}
	if (!*node || text_format(all, sizeof(all), "%s%s%s", t->lost_nodes,
				  *t->lost_nodes ? "," : "", node) < 0)
		return 0;
	return chunk_trouble_say(&t->lost_nodes, all);
}

static int by_chunk(const void *a, const void *b)
{
	const struct chunk_trouble *x = *(struct chunk_trouble *const *)a;
	const struct chunk_trouble *y = *(struct chunk_trouble *const *)b;

	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

struct chunk_trouble **chunk_troubles_sorted(const struct chunk_set *set)
{
	const struct chunk_troubles *t = set->troubles;
	struct chunk_trouble **all = calloc(t->n + 1, sizeof(*all));
	size_t n = 0;

	for (size_t b = 0; all && b < t->n_buckets; b++)
		for (struct chunk_trouble *one = t->bucket[b]; one;
		     one = one->next_in_bucket)
			all[n++] = one;
	if (n)
		qsort(all, n, sizeof(*all), by_chunk);
	return all;
}

void chunk_troubles_free(struct chunk_troubles *t)
{
	if (!t)
		return;
	for (size_t b = 0; b < t->n_buckets; b++) {
		struct chunk_trouble *one = t->bucket[b], *next;

		for (; one; one = next) {
			next = one->next_in_bucket;
			forget(one->node);
			forget(one->lost_nodes);
			forget(one->reason);
			free(one);
		}
	}
	free(t->bucket);
	free(t);
}
