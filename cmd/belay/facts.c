/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - what a run's records say now */

#include "cmd/belay/facts.h"

int facts_load(struct run *r, struct facts *f, struct belay_error *err)
{
	const struct attempt *a = run_newest(r);

	*f = (struct facts){ .run = r };
	f->state = run_state_of(r, a ? run_begin_alive(a->begin) : -1);
	f->chunks = chunk_state_load(r, err);
	if (!f->chunks || checkpoint_list(r, &f->checkpoints, err) < 0) {
		facts_fini(f);
		return -1;
	}
	chunk_totals(f->chunks, f->n, &f->total);
	for (unsigned i = 0; i < f->checkpoints.n; i++)
		f->bytes += f->checkpoints.c[i].bytes;
	return 0;
}

void facts_fini(struct facts *f)
{
	checkpoint_list_free(&f->checkpoints);
	if (f->chunks)
		chunk_state_free(f->chunks);
	*f = (struct facts){ 0 };
}

uint64_t facts_chunks_done(const struct facts *f, unsigned n)
{
	return n < f->chunks->n_attempts ? f->chunks->done_by_attempt[n] : 0;
}

int64_t facts_begun_us(const struct facts *f)
{
	const struct attempt *a = run_newest(f->run);

	return a ? a->begin->begin_us : 0;
}
