/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field.h - a square plate, cut into bands of rows, one for each rank
 *
 * A point's next value is made of the same five values in the same order
 * whoever computes it, so the field does not depend on the number of ranks.
 */
#ifndef HEAT_FIELD_H
#define HEAT_FIELD_H

#include <stdint.h>

struct field {
	uint64_t size;		/* rows and columns of the plate */
	uint64_t first, rows;	/* of it, those of this rank */
	double *now, *next;	/* rows + 2: one above, one below */
	int rank, ranks;
};

/* 0 and -1 without memory. */
int field_make(struct field *f, uint64_t size, int rank, int ranks);
void field_free(struct field *f);

/* A row of this rank's, from 0. */
double *field_row(const struct field *f, uint64_t row);

/* How the plate is at the beginning. */
void field_start(struct field *f);
/* Get the rows beside ours from the ranks beside us, and go a step. */
void field_step(struct field *f);
/* Rank 0 writes the whole plate; the others give it theirs. 0 or -1. */
int field_write(const struct field *f, const char *path);

#endif /* HEAT_FIELD_H */
