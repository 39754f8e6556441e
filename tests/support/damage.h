/* SPDX-License-Identifier: Apache-2.0 */
/* damage.h - what a disk may make of a file's bytes */
#ifndef SUPPORT_DAMAGE_H
#define SUPPORT_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t len;
};

/* Sees one damaged version; what says how it came to be. */
typedef void (*damage_fn)(const char *what, const struct bytes *bad, void *arg);

/*
 * The file cut off at every byte and every bit flipped, but only each step-th
 * (1: all, 0: none); and each block of 512 and 4096 bytes zeroed, swapped with the next,
 * written over the next, and taken from `other`.  Versions that equal the good
 * one are left out.  How many there were.
 */
unsigned damage_each(const struct bytes *good, const struct bytes *other,
		     size_t step, damage_fn f, void *arg);

struct bytes damage_read(const char *path);	/* the caller frees data */
/* In place, as a disk does it; an empty file is one, too. */
void damage_write(const char *path, const struct bytes *b);

#endif /* SUPPORT_DAMAGE_H */
