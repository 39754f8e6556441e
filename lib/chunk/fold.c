/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.c - events one after the other become the state of the chunks
 *
 * Within an attempt the order between journals means nothing: what a node said
 * of a chunk may be folded before the other node's record that it began.  So
 * nothing is overwritten.  Tries and troubles are counted, and a chunk runs
 * while the try that began last is beyond the troubles it had.
 */

#include <stdio.h>
#include <string.h>

#include "chunk/fold.h"
#include "chunk/set.h"

/* Two writers may have defined a set differently at the same moment: the first
 * in order counts, and what the other records of its own set is passed over. */
static int fold_set(struct chunk_state *s, const struct event *e)
{
	struct chunk_bound *b = chunk_bind(s->fold, e->set);
	struct belay_error why = { 0 };

	if (!b)
		return -1;
	b->set = chunk_set_define(s, e->name, e->count, e->items, e->command,
				  &why);
	return !b->set && why.code == BELAY_EFAILED ? -1 : 0;
}

static int fold_begin(struct chunk_state *s, struct chunk_set *set,
		      const struct event *e)
{
	struct chunk_begun *b = chunk_set_begun(set);
	uint32_t try = e->try;

	if (!b)
		return -1;
	if (!try)		/* not said: the next one */
		try = chunk_troubles_had(set, e->chunk) + 1;
	if (try > UINT8_MAX)
		try = UINT8_MAX;
	if (try < b->tries[e->chunk])
		return 0;
	b->tries[e->chunk] = (uint8_t)try;
	b->node[e->chunk] = chunk_node_number(&s->fold->nodes, e->node);
	chunk_settle(set, e->chunk);
	return 0;
}

static void note_progress(struct chunk_state *s, const struct event *e)
{
	if (e->time_us > s->last_progress_us)
		s->last_progress_us = e->time_us;
}

static int fold_done(struct chunk_state *s, struct chunk_set *set,
		     const struct event *e)
{
	if (set->status[e->chunk] != CHUNK_DONE) {
		chunk_set_status(set, e->chunk, CHUNK_DONE);
		s->done_by_attempt[e->attempt]++;
	}
	note_progress(s, e);
	return 0;
}

/* As much of the reason as is kept. */
static int say_why(struct chunk_trouble *t, const char *reason)
{
	char kept[CHUNK_REASON];

	snprintf(kept, sizeof(kept), "%.255s", reason);
	return chunk_trouble_say(&t->reason, kept);
}

static int count_fail(struct chunk_trouble *t, const struct event *e)
{
	char reason[EVENT_TEXT];

	if (e->kind == FAIL_LOST && chunk_trouble_lost(t, e->node) < 0)
		return -1;
	t->fails += e->kind != FAIL_LOST;
	event_reason(e, reason);
	return say_why(t, reason) < 0 ? -1 : chunk_trouble_say(&t->node,
							       e->node);
}

static int fold_fail(struct chunk_state *s, struct chunk_set *set,
		     const struct event *e)
{
	struct chunk_trouble *t = chunk_trouble_make(set, e->chunk);

	(void)s;
	if (!t || count_fail(t, e) < 0)
		return -1;
	if (!e->retryable && set->status[e->chunk] != CHUNK_DONE)
		chunk_set_status(set, e->chunk, CHUNK_QUARANTINED);
	chunk_settle(set, e->chunk);
	return 0;
}

static int fold_give_up(struct chunk_state *s, struct chunk_set *set,
			const struct event *e)
{
	struct chunk_trouble *t = chunk_trouble_make(set, e->chunk);

	(void)s;
	if (!t)
		return -1;
	if (!t->reason[0] && say_why(t, e->text) < 0)
		return -1;	/* else the last failure says more */
	if (set->status[e->chunk] != CHUNK_DONE)
		chunk_set_status(set, e->chunk, CHUNK_QUARANTINED);
	return 0;
}

static int fold_chunk(struct chunk_state *s, const struct event *e,
		      int (*fold)(struct chunk_state *, struct chunk_set *,
				  const struct event *))
{
	struct chunk_set *set = chunk_set_of(s, e);

	return set ? fold(s, set, e) : 0;
}

static int fold_known(struct chunk_state *s, const struct event *e)
{
	switch (e->type) {
	case EVENT_SET:
		return fold_set(s, e);
	case EVENT_CHUNK_BEGIN:
		return fold_chunk(s, e, fold_begin);
	case EVENT_CHUNK_DONE:
		return fold_chunk(s, e, fold_done);
	case EVENT_CHUNK_FAIL:
		return fold_chunk(s, e, fold_fail);
	case EVENT_CHUNK_GIVE_UP:
		return fold_chunk(s, e, fold_give_up);
	case EVENT_CHECKPOINT:
		if (e->kind == CHECKPOINT_PUBLISHED)
			note_progress(s, e);
		return 0;
	case EVENT_BEAT:
		s->beats++;
		note_progress(s, e);
		return 0;
	case EVENT_PROGRESS:
		note_progress(s, e);
		return 0;
	case EVENT_NOTE:
	case EVENT_ACTED:
	case EVENT_NODE:
	case EVENT_RESTORED:
		return 0;
	}
	return 0;
}

int chunk_state_fold(struct chunk_state *s, const struct event *e,
		     struct belay_error *err)
{
	if (e->late) {
		s->late++;
		return 0;
	}
	if (chunk_turn_to_journal(s, e) < 0 || fold_known(s, e) < 0)
		return err_nomem(err);
	return 0;
}
