/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - the directory of an attempt, for the files of this room */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "run/run.h"

#define ATTEMPT_NAME 16

const char *attempt_name(unsigned n, char out[ATTEMPT_NAME]);

typedef int publish_fn(int dirfd, const char *name, const void *data,
		       size_t len, struct belay_error *err);

/* 1: published by this call; 0: the name stood; -1. */
int attempt_publish(const struct run *r, unsigned n, const char *name,
		    const struct buf *text, publish_fn *how,
		    struct belay_error *err);

#endif /* RUN_ATTEMPT_H */
