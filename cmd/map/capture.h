/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - what a chunk wrote, kept until it may be shown
 *
 * A little of it in memory, the rest in a file without a name in TMPDIR: many
 * chunks that write much cost disk, not memory.
 */
#ifndef CMD_MAP_CAPTURE_H
#define CMD_MAP_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define CAPTURE_MEMORY (64u << 10)	/* of one stream of one chunk */
#define CAPTURE_TOTAL (32u << 20)	/* of all in this process */

struct capture {		/* start from { 0 } or { .fd = 0 }: no file */
	char *data;		/* the first len bytes */
	size_t len, cap;
	int fd;			/* the bytes behind them; 0: none */
	uint64_t spilled;	/* how many those are */
	int lost;		/* errno: why there is no more of it, or 0 */
};

void capture_add(struct capture *c, const void *data, size_t len);
uint64_t capture_size(const struct capture *c);
/* Up to len bytes from offset: how many, 0 at the end, -1. */
ssize_t capture_read(const struct capture *c, uint64_t offset, void *out,
		     size_t len);
/* All of it into a file in dirfd, which is made or emptied. */
int capture_save(const struct capture *c, int dirfd, const char *name,
		 struct belay_error *err);
void capture_free(struct capture *c);

#endif /* CMD_MAP_CAPTURE_H */
