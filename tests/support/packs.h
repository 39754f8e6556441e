/* SPDX-License-Identifier: Apache-2.0 */
/* packs.h - packed checkpoints for tests: one array of bytes a rank */
#ifndef SUPPORT_PACKS_H
#define SUPPORT_PACKS_H

#include "checkpoint/packed.h"
#include "tests/support/test.h"

#define PACKS_NAME "field"

/* One of rank's parts of a checkpoint of attempt n begun, with data put. */
struct packed_writer *packs_begin(struct run *r, unsigned n,
				  const struct packed_options *opt,
				  const void *data, uint64_t bytes,
				  struct belay_error *err);
/* The same, committed. */
int packs_write(struct run *r, unsigned n, const struct packed_options *opt,
		const void *data, uint64_t bytes, struct packed_done *done,
		struct belay_error *err);
/* Rank's bytes of checkpoint id are these; or the test fails. */
void packs_expect(struct run *r, uint64_t id, unsigned rank, const void *data,
		  uint64_t bytes);
/* How many files below checkpoints/, whose names begin so. */
unsigned packs_files(struct run *r, const char *begin);

#endif /* SUPPORT_PACKS_H */
