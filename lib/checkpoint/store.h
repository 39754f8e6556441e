/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the directory checkpoints/ of a run, and the names in it */
#ifndef CHECKPOINT_STORE_H
#define CHECKPOINT_STORE_H

#include "checkpoint/checkpoint.h"

#define CHECKPOINT_NAME 32
/* Ids beyond this are nobody's: a name that would not fit the format. */
#define CHECKPOINT_ID_MAX 999999999999999ull

/* A descriptor; BELAY_ENOENT when the run has none yet and make is false. */
int store_open(const struct run *r, bool make, struct belay_error *err);
/* The directory of checkpoint id. */
int store_open_id(const struct run *r, uint64_t id, struct belay_error *err);

const char *store_name(uint64_t id, char out[CHECKPOINT_NAME]);	/* "000042" */
/* "000042" or (then *mark) "000042.damaged"; false: neither. */
bool store_parse(const char *name, uint64_t *id, bool *mark);
/* Is it a staging directory, and of which attempt? */
bool store_is_staging(const char *name, unsigned *attempt);
/* Of those, one that several ranks write into? */
bool store_is_shared(const char *name);

/* One more than *next and than any number that was ever seen. */
int store_next_id(const struct run *r, int storefd, uint64_t *next,
		  struct belay_error *err);
#define STORE_NUMBERS_TRIED 1000

/* A staging directory of which something could not be made durable: it is marked
 * by its sticky bit and never becomes a checkpoint.  -1. */
int store_spoil(int fd);
int store_check_unspoilt(int fd, const char *name, struct belay_error *err);

/*
 * Read fd to its end, digesting; with to >= 0 append every byte there as well.
 * A read that the disk refuses (EIO) is BELAY_ECORRUPT.
 */
int store_digest(int fd, int to, const char *name, struct digest *digest,
		 uint64_t *size, struct belay_error *err);

#endif /* CHECKPOINT_STORE_H */
