/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - a file of a checkpoint, held against what its MANIFEST says */
#ifndef CHECKPOINT_FILE_H
#define CHECKPOINT_FILE_H

#include "checkpoint/checkpoint.h"

/* Open it below dirfd: there, a file, of the right size; or BELAY_ECORRUPT. */
int checkpoint_open_file(int dirfd, const struct checkpoint_file *f,
			 struct belay_error *err);
/* Read it whole, with to >= 0 into there; BELAY_ECORRUPT when a byte is wrong,
 * after all were copied. */
int checkpoint_copy_file(int fd, int to, const struct checkpoint_file *f,
			 struct belay_error *err);

#endif /* CHECKPOINT_FILE_H */
