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

/*
 * Read fd to its end, digesting; with to >= 0 append every byte there as well.
 * A read that the disk refuses (EIO) is BELAY_ECORRUPT.
 */
int store_digest(int fd, int to, const char *name, struct digest *digest,
		 uint64_t *size, struct belay_error *err);

#endif /* CHECKPOINT_STORE_H */
