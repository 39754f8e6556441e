/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - the chunks of a run, from its beginning to the end of an attempt */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"
#include "chunk/fold.h"
#include "chunk/set.h"

struct chunk_state *chunk_state_new(void)
{
	struct chunk_state *s = calloc(1, sizeof(*s));

	if (s)
		s->fold = calloc(1, sizeof(*s->fold));
	if (s && s->fold)
		return s;
	free(s);
	return NULL;
}

void chunk_state_free(struct chunk_state *s)
{
	struct chunk_set *set, *next;

	if (!s)
		return;
	for (set = s->sets; set; set = next) {
		next = set->next;
		chunk_set_free(set);
	}
	chunk_nodes_free(&s->fold->nodes);
	free(s->fold->bound);
	free(s->fold);
	free(s->done_by_attempt);
	free(s);
}

int chunk_state_attempt(struct chunk_state *s, unsigned n)
{
	uint64_t *grown;

	if (n < s->n_attempts)
		return 0;
	grown = realloc(s->done_by_attempt, (n + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	memset(grown + s->n_attempts, 0,
	       (n + 1 - s->n_attempts) * sizeof(*grown));
	s->done_by_attempt = grown;
	s->n_attempts = n + 1;
	return 0;
}

static bool is_suspect(const struct chunk_state *s, const struct chunk_set *set,
		       uint64_t chunk, const struct hosts *suspects)
{
	return !suspects ||
	       hosts_has(suspects, chunk_node_name(&s->fold->nodes,
						   set->begun->node[chunk]));
}

static int stop_chunk(struct chunk_state *s, struct chunk_set *set,
		      uint64_t chunk, unsigned n, const struct hosts *suspects)
{
	const char *node = chunk_node_name(&s->fold->nodes,
					   set->begun->node[chunk]);
	struct chunk_trouble *t;
	char why[CHUNK_REASON];

	set->begun->tries[chunk] = 0;
	if (is_suspect(s, set, chunk, suspects)) {
		t = chunk_trouble_make(set, chunk);
		if (!t)
			return -1;
		snprintf(why, sizeof(why), "lost in attempt %u", n);
		if (chunk_trouble_lost(t, node) < 0 ||
		    chunk_trouble_say(&t->node, node) < 0 ||
		    chunk_trouble_say(&t->reason, why) < 0)
			return -1;
	}
	chunk_settle(set, chunk);
	return 0;
}

int chunk_state_end_attempt(struct chunk_state *s, unsigned n,
			    const char *suspects, struct belay_error *err)
{
	_auto_hosts_ struct hosts hosts = { 0 };
	const struct hosts *among = suspects ? &hosts : NULL;

	if (suspects && hosts_parse(&hosts, suspects, err) < 0)
		return -1;
	for (struct chunk_set *set = s->sets; set; set = set->next)
		for (uint64_t c = 0; set->n[CHUNK_RUNNING]; c++)
			if (set->status[c] == CHUNK_RUNNING &&
			    stop_chunk(s, set, c, n, among) < 0)
				return err_nomem(err);
	return 0;
}
