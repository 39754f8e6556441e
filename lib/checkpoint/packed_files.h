/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_files.h - a packed checkpoint as files, for people and other programs
 *
 * Below a directory for each rank: bytes as they are, an array as NAME.npy.
 */
#ifndef CHECKPOINT_PACKED_FILES_H
#define CHECKPOINT_PACKED_FILES_H

#include "checkpoint/packed.h"

struct packed_files;

struct packed_files *packed_files_open(const struct run *r,
				       const struct checkpoint *c,
				       struct belay_error *err);
void packed_files_close(struct packed_files *f);	/* may be NULL */
/* Of it only the files are set, and of these name and mode. */
const struct checkpoint *packed_files_list(const struct packed_files *f);
/* All of file i, verified. */
int packed_files_write(struct packed_files *f, unsigned i, int to,
		       struct belay_error *err);

/* The header of NumPy's format 1.0 for an array; false: NumPy has no such type,
 * and the bytes are written as they are. */
bool packed_npy_header(const struct belay_entry *e, struct buf *out);

#endif /* CHECKPOINT_PACKED_FILES_H */
