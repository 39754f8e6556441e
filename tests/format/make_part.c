/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_part.c DIR - the parts whose bytes are kept for ever
 *
 * whole.part, raw; packed.part, the same by zstd, whose bytes are zstd's to
 * choose; shared.part, which has some blocks in whole.part.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "pack/pack.h"

#define LARGE (PACK_BLOCK + 5u)

static struct belay_error err;
static uint8_t large[LARGE];

static void check(bool fine)
{
	if (fine)
		return;
	fprintf(stderr, "make_part: %s\n", err.text);
	exit(1);
}

static void put(struct pack_writer *w, const char *name, enum belay_type type,
		unsigned dims, const uint64_t *shape, const void *data)
{
	struct belay_array a = { name, type, dims, shape,
				 (void *)(uintptr_t)data };

	check(pack_put(w, &a, &err) == 0);
}

static void make(int dirfd, const char *name, int level,
		 struct pack_reader *base)
{
	static const double field[] = { 0, -1.5, 1e300, 3, 4, 5 };
	static const uint64_t two_by_three[] = { 2, 3 }, none[] = { 0, 7 },
			      all[] = { LARGE };
	const struct pack_options opt = {
		.owner = { 0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187,
			   204, 221, 238, 255 },
		.attempt = 3, .rank = 1, .ranks = 4, .threads = 1,
		.zstd_level = level, .base = base, .base_as = "whole.part",
	};
	struct pack_writer *w = pack_create(dirfd, name, &opt, &err);
	struct pack_sum sum;

	check(w);
	put(w, "u/caf\xc3\xa9", BELAY_F64, 2, two_by_three, field);
	put(w, "step", BELAY_I64, 0, NULL, "\1\2\3\4\5\6\7\10");
	put(w, "nothing", BELAY_C128, 2, none, NULL);
	put(w, "large", BELAY_BYTES, 1, all, large);
	check(pack_finish(w, &sum, &err) == 0);
}

int main(int argc, char **argv)
{
	int dirfd = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	struct pack_reader *base;

	for (unsigned i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i / 64 + i % 3);
	make(dirfd, "whole.part", 0, NULL);
	make(dirfd, "packed.part", 3, NULL);
	base = pack_open(dirfd, "whole.part", NULL, &err);
	check(base);
	large[LARGE - 1]++;
	make(dirfd, "shared.part", 0, base);
	pack_close(base);
	return 0;
}
