/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - how fast storage takes what is written, and what follows from it
 *
 * The kernel is asked to begin with what was written while more is, so that the
 * sync at the end finds little to do; and it is waited for before it is too far
 * behind, so that what a write costs is what storage makes of it.
 */
#ifndef PACK_PACE_H
#define PACK_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pace {			/* start from { 0 } */
	bool soon;		/* ask for writeback early */
	_Atomic uint64_t runs;
	/* Nanoseconds of one thread and bytes, of late: */
	_Atomic uint64_t write_ns, written;
	_Atomic uint64_t zstd_ns, zstd_in, zstd_out;
};

/* A run of bytes was written at that place: see to those before. */
int pace_written(struct pace *p, int fd, uint64_t at, uint64_t bytes,
		 const char *name, struct belay_error *err);

/* What writing so many bytes, and compressing so many to so many, has taken. */
void pace_note_write(struct pace *p, uint64_t bytes, int64_t ns);
void pace_note_zstd(struct pace *p, uint64_t in, uint64_t out, int64_t ns);

/* Are blocks stored sooner if they are compressed first? */
bool pace_zstd_pays(const struct pace *p);
/* Once in a while, to know: for the first block of a run that begins. */
bool pace_try_zstd(struct pace *p);

#endif /* PACK_PACE_H */
