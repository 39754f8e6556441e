/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - arrays of known bytes, put into parts and read back */
#ifndef SUPPORT_PARTS_H
#define SUPPORT_PARTS_H

#include <stdbool.h>

#include "pack/pack.h"
#include "tests/support/test.h"

/* Options of rank 1 of 4 in attempt 3 of a run. */
struct pack_options part_options(void);

/* Bytes that no compressor likes, another sequence for each seed. */
void part_fill(void *data, size_t bytes, uint64_t seed);

int part_put_bytes(struct pack_writer *w, const char *name, const void *data,
		   uint64_t bytes, struct belay_error *err);
/* One entry "a" of these bytes, in a file of this name. */
void part_write(struct tmpdir *d, const char *file,
		const struct pack_options *opt, const void *data,
		uint64_t bytes, struct pack_sum *sum);
/* The part has an entry of just these bytes. */
void part_expect(struct tmpdir *d, struct pack_reader *r, const char *name,
		 const void *data, uint64_t bytes);

#endif /* SUPPORT_PARTS_H */
