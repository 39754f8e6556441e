/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heat.c - heat spreads over a plate, on any number of ranks
 *
 *	heat SIZE STEPS EVERY FILE
 *
 * A checkpoint is made every EVERY steps; 0: when belay says so.  FILE gets the
 * plate, the same bytes whatever happened on the way.
 */

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

struct plan {
	uint64_t size, steps, every;
	const char *file;
};

static int read_plan(int argc, char **argv, struct plan *p)
{
	if (argc != 5)
		return -1;
	p->size = strtoull(argv[1], NULL, 10);
	p->steps = strtoull(argv[2], NULL, 10);
	p->every = strtoull(argv[3], NULL, 10);
	p->file = argv[4];
	return p->size && p->size <= 32768 ? 0 : -1;
}

static int is_due(struct belay *b, const struct plan *p, uint64_t step)
{
	return p->every ? step % p->every == 0 : state_is_due(b);
}

static int run(const struct plan *p, int rank, int ranks)
{
	struct field f;
	struct belay *b = state_open(rank, ranks);
	uint64_t step = 0;
	int rc;

	if (field_make(&f, p->size, rank, ranks) < 0)
		MPI_Abort(MPI_COMM_WORLD, 1);
	if (!state_restore(b, &f, &step))
		field_start(&f);
	if (!rank)
		printf("from step %llu on %d ranks\n",
		       (unsigned long long)step, ranks);
	fflush(stdout);
	while (step < p->steps) {
		field_step(&f);
		step++;
		if (is_due(b, p, step) && b)
			state_save(b, &f, step);
	}
	rc = field_write(&f, p->file);
	if (rc < 0)
		fprintf(stderr, "heat: cannot write '%s'\n", p->file);
	field_free(&f);
	belay_close(b, rc < 0, NULL);
	return rc < 0;
}

int main(int argc, char **argv)
{
	struct plan p;
	int rank, ranks, rc;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (read_plan(argc, argv, &p) < 0 || (uint64_t)ranks > p.size) {
		if (!rank)
			fprintf(stderr, "usage: heat SIZE STEPS EVERY FILE; "
				"at most SIZE ranks\n");
		rc = 2;
	} else {
		rc = run(&p, rank, ranks);
	}
	MPI_Finalize();
	return rc;
}
