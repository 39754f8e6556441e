/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c - how fast storage takes what is written, and what follows from it */

#include "fs/bulk.h"
#include "pack/pace.h"

#define REGION (8ull << 20)	/* of the file, given to the disk at once */
#define BEHIND 16u		/* regions that it may be behind */
#define TRY_EVERY 64u		/* runs */
#define OF_LATE (256ull << 20)	/* bytes; what is older counts half */

/* The region before the one that is begun: threads are about done with it. */
int pace_written(struct pace *p, int fd, uint64_t at, uint64_t bytes,
		 const char *name, struct belay_error *err)
{
	uint64_t region = (at + bytes) / REGION;

	if (!p->soon || at / REGION == region)
		return 0;
	fs_bulk_soon(fd, (region - 1) * REGION, REGION);
	if (region <= BEHIND)
		return 0;
	return fs_bulk_settle(fd, (region - 1 - BEHIND) * REGION, REGION, name,
			      err);
}

static void add(_Atomic uint64_t *sum, uint64_t n, bool halve)
{
	uint64_t now = atomic_fetch_add(sum, n) + n;

	if (halve)
		atomic_store(sum, now / 2);
}

void pace_note_write(struct pace *p, uint64_t bytes, int64_t ns)
{
	bool halve = atomic_load(&p->written) > OF_LATE;

	add(&p->written, bytes, halve);
	add(&p->write_ns, (uint64_t)ns, halve);
}

void pace_note_zstd(struct pace *p, uint64_t in, uint64_t out, int64_t ns)
{
	bool halve = atomic_load(&p->zstd_in) > OF_LATE;

	add(&p->zstd_in, in, halve);
	add(&p->zstd_out, out, halve);
	add(&p->zstd_ns, (uint64_t)ns, halve);
}

/* Of one byte; with some advantage, for the reader has to undo it. */
bool pace_zstd_pays(const struct pace *p)
{
	double in = (double)atomic_load(&p->zstd_in);
	double written = (double)atomic_load(&p->written), write, zstd;

	if (!in || !written)
		return false;
	write = (double)atomic_load(&p->write_ns) / written;
	zstd = (double)atomic_load(&p->zstd_ns) / in +
	       write * (double)atomic_load(&p->zstd_out) / in;
	return zstd < 0.9 * write;
}

bool pace_try_zstd(struct pace *p)
{
	return atomic_fetch_add(&p->runs, 1) % TRY_EVERY == 0;
}
