/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - which chunk is next; pure */

#include <stdlib.h>

#include "cmd/map/queue.h"

int queue_init(struct queue *q, uint64_t count, struct belay_error *err)
{
	*q = (struct queue){ .count = count };
	q->fresh = calloc(count / 64 + 1, sizeof(*q->fresh));
	return q->fresh ? 0 : err_nomem(err);
}

void queue_fini(struct queue *q)
{
	free(q->fresh);
	free(q->again);
	*q = (struct queue){ 0 };
}

void queue_add_fresh(struct queue *q, uint64_t chunk)
{
	q->fresh[chunk / 64] |= 1ull << chunk % 64;
	q->n_fresh++;
	if (chunk < q->at)
		q->at = chunk;
}

static int grow(struct queue *q)
{
	size_t cap = q->cap ? 2 * q->cap : 64;
	uint64_t *ring = calloc(cap, sizeof(*ring));

	if (!ring)
		return -1;
	for (size_t i = 0; i < q->n_again; i++)
		ring[i] = q->again[(q->first + i) % q->cap];
	free(q->again);
	q->again = ring;
	q->cap = cap;
	q->first = 0;
	return 0;
}

int queue_add_again(struct queue *q, uint64_t chunk, struct belay_error *err)
{
	if (q->n_again == q->cap && grow(q) < 0)
		return err_nomem(err);
	q->again[(q->first + q->n_again++) % q->cap] = chunk;
	return 0;
}

static uint64_t take_fresh(struct queue *q)
{
	uint64_t word = q->at / 64;

	while (!q->fresh[word])
		word++;
	q->at = word * 64 + (uint64_t)__builtin_ctzll(q->fresh[word]);
	q->fresh[word] &= q->fresh[word] - 1;
	q->n_fresh--;
	return q->at++;
}

bool queue_next(struct queue *q, uint64_t *chunk)
{
	if (q->n_fresh) {
		*chunk = take_fresh(q);
		return true;
	}
	if (!q->n_again)
		return false;
	*chunk = q->again[q->first];
	q->first = (q->first + 1) % q->cap;
	q->n_again--;
	return true;
}

uint64_t queue_length(const struct queue *q)
{
	return q->n_fresh + q->n_again;
}
