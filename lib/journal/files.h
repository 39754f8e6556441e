/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the segments of an attempt, as its journal directory shows them */
#ifndef JOURNAL_FILES_H
#define JOURNAL_FILES_H

#include "fs/fs.h"
#include "journal/format.h"

struct journal_file {
	const char *name;		/* "map-n1-0a1b2c3d.0001.log" */
	char writer[RUN_NAME_SIZE];	/* "map-n1-0a1b2c3d" */
	unsigned segment;
};

struct journal_files {		/* start from { .dirfd = -1 } */
	int dirfd;
	struct journal_file *file;	/* by writer, then by segment */
	size_t n;
	struct fs_names names;		/* whose memory holds their names */
};

/* List them; an attempt without a journal has none. */
int journal_files_list(struct journal_files *files, struct run *r, unsigned n,
		       struct belay_error *err);
void journal_files_free(struct journal_files *files);
#define _auto_files_ __attribute__((cleanup(journal_files_free)))

/*
 * Read a segment whole into bytes (cleared first).  1: read; 0: it is not what
 * a journal can be (too large), said in end; -1.
 */
int journal_file_read(const struct journal_files *files,
		      const struct journal_file *f, struct buf *bytes,
		      struct journal_end *end, struct belay_error *err);

/* Is this the segment of that run that its name says?  NULL, or what is wrong.
 * A header that does not verify is left to journal_decode(). */
const char *journal_file_misplaced(const struct run *r,
				   const struct journal_file *f,
				   const struct journal_header *h);

#endif /* JOURNAL_FILES_H */
