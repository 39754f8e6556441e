/* SPDX-License-Identifier: Apache-2.0 */
/* field.c - a square plate, cut into bands of rows, one for each rank */

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "field.h"

enum { UP = 1, DOWN, ROW };	/* tags */

double *field_row(const struct field *f, uint64_t row)
{
	return f->now + (row + 1) * f->size;
}

/* The first row of a rank's. */
static uint64_t first_of(uint64_t size, int rank, int ranks)
{
	return size * (uint64_t)rank / (uint64_t)ranks;
}

int field_make(struct field *f, uint64_t size, int rank, int ranks)
{
	*f = (struct field){ .size = size, .rank = rank, .ranks = ranks };
	f->first = first_of(size, rank, ranks);
	f->rows = first_of(size, rank + 1, ranks) - f->first;
	f->now = calloc((f->rows + 2) * size, sizeof(double));
	f->next = calloc((f->rows + 2) * size, sizeof(double));
	return f->now && f->next ? 0 : -1;
}

void field_free(struct field *f)
{
	free(f->now);
	free(f->next);
}

/* Cold, with a hot bar. */
void field_start(struct field *f)
{
	for (uint64_t y = 0; y < f->rows; y++)
		for (uint64_t x = 0; x < f->size; x++) {
			uint64_t row = f->first + y;

			field_row(f, y)[x] = row > f->size / 4 &&
					     row < f->size / 2 &&
					     x > f->size / 3 ? 100 : x % 7;
		}
}

/* A rank at the border has nobody there, and the row beside is always cold. */
static void exchange(struct field *f)
{
	int up = f->rank ? f->rank - 1 : MPI_PROC_NULL;
	int down = f->rank < f->ranks - 1 ? f->rank + 1 : MPI_PROC_NULL;
	double *above = f->now, *below = field_row(f, f->rows);
	int n = (int)f->size;

	MPI_Sendrecv(field_row(f, 0), n, MPI_DOUBLE, up, UP,
		     below, n, MPI_DOUBLE, down, UP,
		     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Sendrecv(field_row(f, f->rows - 1), n, MPI_DOUBLE, down, DOWN,
		     above, n, MPI_DOUBLE, up, DOWN,
		     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void field_step(struct field *f)
{
	uint64_t n = f->size;
	double *swap;

	exchange(f);
	for (uint64_t y = 0; y < f->rows; y++) {
		const double *u = field_row(f, y);
		double *v = f->next + (y + 1) * n;

		for (uint64_t x = 0; x < n; x++) {
			double left = x ? u[x - 1] : 0;
			double right = x < n - 1 ? u[x + 1] : 0;
			double above = u[(int64_t)x - (int64_t)n];
			double around = ((left + right) + above) + u[x + n];

			v[x] = u[x] + 0.2 * (around - 4 * u[x]);
		}
	}
	swap = f->now;
	f->now = f->next;
	f->next = swap;
}

/* ---- the result ---- */

/* Row by row, each from who has it. */
static int write_rows(const struct field *f, FILE *file)
{
	int n = (int)f->size, from = 0, rc = 0;
	double *row = malloc(f->size * sizeof(*row));

	for (uint64_t y = 0; y < f->size && row; y++) {
		while (y >= first_of(f->size, from + 1, f->ranks))
			from++;
		if (from)
			MPI_Recv(row, n, MPI_DOUBLE, from, ROW, MPI_COMM_WORLD,
				 MPI_STATUS_IGNORE);
		if (fwrite(from ? row : field_row(f, y), sizeof(*row), f->size,
			   file) != f->size)
			rc = -1;
	}
	if (!row)
		return -1;
	free(row);
	return rc;
}

int field_write(const struct field *f, const char *path)
{
	FILE *file;
	int rc;

	for (uint64_t y = 0; f->rank && y < f->rows; y++)
		MPI_Send(field_row(f, y), (int)f->size, MPI_DOUBLE, 0, ROW,
			 MPI_COMM_WORLD);
	if (f->rank)
		return 0;
	file = fopen(path, "wb");
	if (!file)
		return -1;
	rc = write_rows(f, file);
	return fclose(file) == 0 ? rc : -1;
}
