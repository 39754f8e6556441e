/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - the field and the step it is at, kept by belay
 *
 * What a rank stores: "field", its rows; "first", the number of the first of
 * them; "step".  Another number of ranks finds its rows by that.
 */

#include <mpi.h>
#include <stdio.h>

#include "state.h"

static const int fenced = 75;	/* exit status: another attempt is at work */

/* A program goes on without a checkpoint, but not against a newer attempt. */
static void complain(const char *what, const struct belay_error *err)
{
	fprintf(stderr, "heat: %s: %s\n", what, err->text);
	if (err->code == BELAY_EFENCED)
		MPI_Abort(MPI_COMM_WORLD, fenced);
}

struct belay *state_open(int rank, int ranks)
{
	struct belay_options options = BELAY_OPTIONS_INIT;
	struct belay_error err;
	struct belay *b;
	int all, mine;

	options.rank = (unsigned)rank;
	options.ranks = (unsigned)ranks;
	b = belay_open(&options, &err);
	if (!b)
		complain("not protected", &err);
	/* All have opened before one writes; and all are protected, or none. */
	mine = b != NULL;
	MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
	if (all)
		return b;
	belay_close(b, 0, NULL);
	return NULL;
}

/* ---- restore ---- */

static int read_number(struct belay_restore *r, unsigned rank,
		       const char *name, uint64_t *number,
		       struct belay_error *err)
{
	const struct belay_entry *e = belay_restore_find(r, rank, name);

	return e && e->bytes == sizeof(*number) ?
	       belay_restore_read(r, e, 0, number, sizeof(*number), err) : -1;
}

/* Those rows of ours that a rank of then has written. */
static int read_part(struct belay_restore *r, unsigned rank, struct field *f,
		     struct belay_error *err)
{
	const struct belay_entry *e = belay_restore_find(r, rank, "field");
	uint64_t there, from, to, row = f->size * sizeof(double);

	if (!e || e->dims != 2 || e->shape[1] != f->size ||
	    read_number(r, rank, "first", &there, err) < 0)
		return -1;
	from = f->first > there ? f->first : there;
	to = there + e->shape[0];
	if (to > f->first + f->rows)
		to = f->first + f->rows;
	if (from >= to)
		return 0;
	return belay_restore_read(r, e, (from - there) * row,
				  field_row(f, from - f->first),
				  (to - from) * row, err);
}

static int read_all(struct belay *b, uint64_t id, struct field *f,
		    uint64_t *step)
{
	struct belay_error err = { .text = "it is of another program" };
	struct belay_restore *r = belay_restore_open(b, id, &err);
	unsigned ranks = r ? belay_restore_info(r)->ranks : 0;
	int rc = r ? read_number(r, 0, "step", step, &err) : -1;

	for (unsigned rank = 0; rank < ranks && rc == 0; rank++)
		rc = read_part(r, rank, f, &err);
	belay_restore_close(r);
	if (rc < 0)
		complain("cannot restore", &err);
	return rc;
}

/* The newest that is good, or 0. */
static uint64_t newest(struct belay *b)
{
	struct belay_error err;
	struct belay_restore *r = belay_restore_open(b, 0, &err);
	uint64_t id = r ? belay_restore_info(r)->id : 0;

	if (!r && err.code != BELAY_ENOENT)
		complain("cannot restore", &err);
	belay_restore_close(r);
	return id;
}

int state_restore(struct belay *b, struct field *f, uint64_t *step)
{
	uint64_t id, before = 0;
	int mine, all;

	for (;;) {	/* until one is whole for every rank */
		id = b && !f->rank ? newest(b) : 0;
		MPI_Bcast(&id, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
		if (!id)
			return 0;
		if (id == before)
			MPI_Abort(MPI_COMM_WORLD, 1);
		mine = read_all(b, id, f, step);
		MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN,
			      MPI_COMM_WORLD);
		if (all == 0)
			return 1;
		before = id;
	}
}

/* ---- save ---- */

void state_save(struct belay *b, const struct field *f, uint64_t step)
{
	struct belay_checkpoint_options options = BELAY_CHECKPOINT_OPTIONS_INIT;
	uint64_t first = f->first, at = step, shape[2] = { f->rows, f->size };
	struct belay_error err;

	options.step = step;	/* what makes the parts one checkpoint */
	if (belay_protect(b, "field", &(struct belay_array){
			.type = BELAY_F64, .dims = 2, .shape = shape,
			.data = field_row(f, 0) }, &err) < 0 ||
	    belay_protect(b, "first", &(struct belay_array){
			.type = BELAY_U64, .data = &first }, &err) < 0 ||
	    belay_protect(b, "step", &(struct belay_array){
			.type = BELAY_U64, .data = &at }, &err) < 0 ||
	    belay_checkpoint(b, &options, NULL, &err) < 0)
		complain("no checkpoint", &err);
}

int state_is_due(struct belay *b)
{
	int due = b && belay_should_checkpoint(b);

	MPI_Bcast(&due, 1, MPI_INT, 0, MPI_COMM_WORLD);
	return due;
}
