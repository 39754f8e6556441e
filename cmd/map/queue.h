/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - which chunk is next; pure
 *
 * First those never tried, by number; then those that failed or were lost, in
 * the order in which that happened.  So a chunk that kills its node kills the
 * next one when nearly all the others are done.
 */
#ifndef CMD_MAP_QUEUE_H
#define CMD_MAP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct queue {			/* start from { 0 } */
	uint64_t *fresh;	/* a bit per chunk: never tried */
	uint64_t count, at;	/* no fresh one is below at */
	uint64_t n_fresh;
	uint64_t *again;	/* a ring */
	size_t first, n_again, cap;
};

int queue_init(struct queue *q, uint64_t count, struct belay_error *err);
void queue_fini(struct queue *q);
/* While filling: chunk was never tried. */
void queue_add_fresh(struct queue *q, uint64_t chunk);
int queue_add_again(struct queue *q, uint64_t chunk, struct belay_error *err);
bool queue_next(struct queue *q, uint64_t *chunk);
uint64_t queue_length(const struct queue *q);

#endif /* CMD_MAP_QUEUE_H */
