/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - what a journal's writer holds */
#ifndef JOURNAL_WRITER_H
#define JOURNAL_WRITER_H

#include "journal/format.h"

struct journal_writer {
	struct run *run;
	unsigned attempt;
	char name[RUN_NAME_SIZE];
	bool fenced;		/* for good */

	/* The segment that is written; room 0: the next commit begins one. */
	int dirfd, fd;		/* -1 while not open */
	bool hold;		/* keep fd open between commits */
	unsigned segment;	/* its number; those of failed ones are gone */
	size_t first_size, most_size;	/* preallocation of segments */
	bool failed;		/* the last one did: preallocate nothing */
	uint64_t at, room;	/* where the next batch goes, and the end */
	uint64_t identity;
	uint64_t written;	/* check of the last frame that was written, */
	uint64_t check;		/* and of the last that was committed, or 0 */

	/* What is pending: a block for a header, a batch frame, records. */
	uint8_t *bytes;
	size_t len, cap;	/* from the batch frame on; of bytes */
	uint32_t records;
	uint64_t next;		/* sequence number of the next record */
};

/* A writer without a segment. */
struct journal_writer *journal_writer_new(struct run *r, unsigned attempt,
					  const char *name,
					  struct belay_error *err);

/* Open the next segment, with room for what is pending. */
int journal_segment_next(struct journal_writer *w, struct belay_error *err);
/* Write what is pending behind what is there; durable on return of 0. */
int journal_segment_write(struct journal_writer *w, struct belay_error *err);
/* Nothing is written to this segment any more. */
void journal_segment_leave(struct journal_writer *w);

#endif /* JOURNAL_WRITER_H */
