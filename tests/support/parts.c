/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - arrays of known bytes, put into parts and read back */

#include <stdlib.h>

#include "tests/support/parts.h"

struct pack_options part_options(void)
{
	return (struct pack_options){
		.owner = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		.attempt = 3, .rank = 1, .ranks = 4, .threads = 2,
	};
}

void part_fill(void *data, size_t bytes, uint64_t seed)
{
	uint64_t x = seed * 0x9E3779B97F4A7C15 + 1;
	uint8_t *p = data;

	for (size_t i = 0; i < bytes; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (uint8_t)(x >> 32);
	}
}

int part_put_bytes(struct pack_writer *w, const char *name, const void *data,
		   uint64_t bytes, struct belay_error *err)
{
	struct belay_array a = { .name = name, .type = BELAY_BYTES, .dims = 1,
				 .shape = &bytes,
				 .data = (void *)(uintptr_t)data };

	return pack_put(w, &a, err);
}

void part_write(struct tmpdir *d, const char *file,
		const struct pack_options *opt, const void *data,
		uint64_t bytes, struct pack_sum *sum)
{
	struct pack_writer *w = pack_create(d->fd, file, opt, &d->err);

	if (!w)
		fail_msg("%s", d->err.text);
	assert_ok(part_put_bytes(w, "a", data, bytes, &d->err), &d->err);
	assert_ok(pack_finish(w, sum, &d->err), &d->err);
}

void part_expect(struct tmpdir *d, struct pack_reader *r, const char *name,
		 const void *data, uint64_t bytes)
{
	const struct belay_entry *e = pack_find(r, name);
	uint8_t *got = malloc(bytes + 1);

	if (!e)
		fail_msg("no entry '%s'", name);
	assert_true(e->bytes == bytes);
	assert_ok(pack_read(r, e, 0, got, bytes, 2, &d->err), &d->err);
	assert_memory_equal(got, data, bytes);
	free(got);
}
