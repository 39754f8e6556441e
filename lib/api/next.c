/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next.c - the next chunk for a process to work on
 *
 * In this order: what was never tried, from the block that was taken last and
 * then from one that nobody has; what is to be tried again in our blocks; a
 * block in which all is to be tried again.  So whoever has nothing else to do
 * tries again, and blocks are not hoarded.
 *
 * With a batch of n, the beginnings of up to n chunks share a sync.  If their
 * process is lost then, one of them is to blame and nobody knows which: so what
 * had trouble before begins alone.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/chunks.h"
#include "base/clock.h"
#include "base/text.h"
#include "chunk/blocks.h"
#include "chunk/set.h"
#include "journal/journal.h"

struct search {
	struct belay *b;
	struct api_set *s;
	struct chunk_set *is;
	struct belay_error *err;
};

/* ---- blocks ---- */

static uint64_t end_of(const struct search *q, uint64_t block)
{
	uint64_t end = (block + 1) * q->s->block_size;

	return end < q->s->count ? end : q->s->count;
}

static bool is_fresh(const struct search *q, uint64_t chunk)
{
	return q->is->status[chunk] == CHUNK_PENDING &&
	       !chunk_troubles_had(q->is, chunk);
}

static bool is_unfinished(const struct search *q, uint64_t chunk)
{
	return q->is->status[chunk] == CHUNK_PENDING ||
	       q->is->status[chunk] == CHUNK_RETRYING;
}

typedef bool chunk_is(const struct search *q, uint64_t chunk);

static bool has(const struct search *q, uint64_t block, chunk_is *wanted)
{
	for (uint64_t c = block * q->s->block_size; c < end_of(q, block); c++)
		if (wanted(q, c))
			return true;
	return false;
}

static int keep(struct search *q, uint64_t block)
{
	struct api_set *s = q->s;
	uint64_t *grown = realloc(s->block, (s->n_blocks + 1) * sizeof(*grown));

	if (!grown)
		return err_nomem(q->err);
	s->block = grown;
	s->block[s->n_blocks++] = block;
	s->fresh = block * s->block_size;
	return 1;
}

static uint64_t number_in(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && text_u64(text, UINT32_MAX, &n) == 0 ? n : otherwise;
}

/* Where to look first, so that processes that start together do not all want
 * the same block: who loses it has waited for the disk in vain. */
static uint64_t first_block(const struct search *q, uint64_t n)
{
	const struct belay_options *o = &q->b->options;
	uint64_t rank = o->rank, ranks = o->ranks;

	if (ranks == 1) {
		rank = number_in("SLURM_PROCID", 0);
		ranks = number_in("SLURM_NTASKS", 1);
	}
	return rank < ranks ? n * rank / ranks : 0;
}

/* 1: a block with such a chunk is ours now, 0: none is left, -1. */
static int take_one(struct search *q, struct chunk_blocks *blocks,
		    chunk_is *wanted)
{
	uint64_t n = chunk_blocks_count(blocks), first = first_block(q, n);
	int rc = 0;

	q->s->block_size = blocks->size;
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		uint64_t block = (first + i) % n;

		if (chunk_block_is_taken(blocks, block) ||
		    !has(q, block, wanted))
			continue;
		rc = chunk_block_take(blocks, block, q->err);
		if (rc == 1)
			rc = keep(q, block);
	}
	return rc;
}

static int take_block(struct search *q, chunk_is *wanted)
{
	struct belay *b = q->b;
	struct chunk_blocks blocks;
	int rc = chunk_blocks_open(&blocks, b->run, b->attempt,
				   journal_name(b->journal), q->is, q->err);

	if (rc == 0)
		rc = take_one(q, &blocks, wanted);
	chunk_blocks_close(&blocks);
	return rc;
}

/* ---- chunks ---- */

static int begin(struct search *q, uint64_t chunk)
{
	struct api_begun one = {
		.chunk = chunk, .try = chunk_troubles_had(q->is, chunk) + 1,
	};
	struct event e = { .type = EVENT_CHUNK_BEGIN, .chunk = chunk,
			   .try = one.try };

	if (api_begun_add(&q->s->ahead, &one, q->err) < 0)
		return -1;
	if (api_chunk_record(q->b, q->s, &e, q->err) == 0)
		return 0;
	q->s->ahead.n--;
	return -1;
}

/* A chunk that takes its node with it is begun so often and not more. */
static int give_up(struct search *q, uint64_t chunk)
{
	const struct chunk_trouble *t = chunk_trouble_of(q->is, chunk);
	struct event e = { .type = EVENT_CHUNK_GIVE_UP, .chunk = chunk };

	snprintf(e.text, sizeof(e.text), "failed %u and lost %u times; lost on "
		 "'%.400s'", t->fails, t->lost, t->lost_nodes);
	return api_chunk_record(q->b, q->s, &e, q->err);
}

/* Begin what was never tried of the block taken last: 1 if there was any. */
static int begin_fresh(struct search *q)
{
	struct api_set *s = q->s;
	size_t before = s->ahead.n;
	uint64_t end = s->n_blocks ? end_of(q, s->block[s->n_blocks - 1]) : 0;

	for (; s->fresh < end && s->ahead.n - before < q->b->options.batch;
	     s->fresh++)
		if (is_fresh(q, s->fresh) && begin(q, s->fresh) < 0)
			return -1;
	return s->ahead.n > before;
}

/* The how-manieth chunk of our blocks; UINT64_MAX: the last one is shorter. */
static uint64_t our_chunk(const struct search *q, uint64_t i)
{
	uint64_t block = q->s->block[i / q->s->block_size];
	uint64_t chunk = block * q->s->block_size + i % q->s->block_size;

	return chunk < q->s->count ? chunk : UINT64_MAX;
}

/* Begin one to be tried again, going round: 1 if there was any. */
static int begin_again(struct search *q)
{
	uint64_t all = q->s->n_blocks * q->s->block_size;

	for (uint64_t i = 0; i < all; i++) {
		uint64_t chunk = our_chunk(q, q->s->again++ % all);

		if (chunk == UINT64_MAX || !is_unfinished(q, chunk))
			continue;
		if (chunk_troubles_had(q->is, chunk) <
		    q->b->settings.chunk_attempts)
			return begin(q, chunk) < 0 ? -1 : 1;
		if (give_up(q, chunk) < 0)
			return -1;
	}
	return 0;
}

static int find(struct search *q)
{
	int rc = begin_fresh(q);

	while (rc == 0 && (rc = take_block(q, is_fresh)) == 1)
		rc = begin_fresh(q);
	if (rc == 0)
		rc = begin_again(q);
	while (rc == 0 && (rc = take_block(q, is_unfinished)) == 1)
		rc = begin_again(q);
	return rc;
}

/* In ascending order, though they are taken from the end. */
static void turn_round(struct api_begun_list *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		struct api_begun one = l->at[i];

		l->at[i] = l->at[l->n - 1 - i];
		l->at[l->n - 1 - i] = one;
	}
}

/* What was begun ahead may have been ended otherwise since. */
static int hand_out(struct search *q, uint64_t *chunk)
{
	struct api_begun_list *ahead = &q->s->ahead;

	while (ahead->n) {
		struct api_begun one = ahead->at[--ahead->n];

		if (q->is->status[one.chunk] != CHUNK_RUNNING)
			continue;
		one.since_ns = clock_mono_ns();
		if (api_begun_add(&q->s->begun, &one, q->err) < 0)
			return -1;
		*chunk = one.chunk;
		return 1;
	}
	return 0;
}

/* On disk before anybody hears of it; so are completions that waited. */
static int begin_more(struct search *q)
{
	int rc;

	if (api_journal(q->b, q->err) < 0)
		return -1;
	rc = find(q);
	if (rc < 0 || api_commit(q->b, q->err) < 0)
		return -1;
	turn_round(&q->s->ahead);
	return rc;
}

int belay_chunk_next(struct belay *b, const char *set, uint64_t *chunk,
		     struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct search q = { .b = b, .err = err };
	int rc;

	if (!mine || api_need(chunk, "a place for the chunk", err) < 0)
		return -1;
	q.s = api_set_find(b, set, err);
	q.is = q.s ? api_set_state(b, q.s, err) : NULL;
	if (!q.is)
		return -1;
	rc = hand_out(&q, chunk);
	while (rc == 0 && (rc = begin_more(&q)) == 1)
		rc = hand_out(&q, chunk);
	return rc;
}
