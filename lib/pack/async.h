/* SPDX-License-Identifier: Apache-2.0 */
/*
 * async.h - copies of runs of blocks, which threads store while the caller goes
 *           on
 *
 * At most memory_max bytes of copies exist at once; who wants more waits.  While
 * somebody copies, and has room to, no thread begins to store: what the caller
 * waits for comes first.
 */
#ifndef PACK_ASYNC_H
#define PACK_ASYNC_H

#include "pack/writer.h"

/* NULL: there is no thread or no memory to be had. */
struct async *async_start(struct pack_writer *w);

/* Around the copying of one put. */
void async_copying(struct async *a, bool begin);

/* A copy's memory, `bytes` at ->data, at most RUN_BYTES.  NULL: something failed,
 * in storing perhaps. */
struct copy {
	struct copy *next;
	struct run_of_blocks run;
	size_t bytes;
	uint8_t *data;
	int fd;			/* the same memory as a file, or -1 */
	uint64_t at;
};
struct copy *async_room(struct async *a, size_t bytes, struct belay_error *err);
/* It is filled, run says with what: to be stored. */
void async_store(struct async *a, struct copy *c);
/* It is not filled after all. */
void async_return(struct async *a, struct copy *c);

/* Wait for all that is to be stored, or drop it; 0, or the first error.  No
 * thread is left, a is freed. */
int async_end(struct async *a, bool drop, struct belay_error *err);
/* In a child after fork(2), where there are no such threads: only free it. */
void async_forget(struct async *a);

#endif /* PACK_ASYNC_H */
