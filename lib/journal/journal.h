/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h - an append-only record of what one writer saw, in segments
 *
 * doc/FORMAT.md has the bytes.  A batch of records becomes durable by one
 * aligned write and is accepted or dropped as a whole.  Checks are chained and
 * seeded with the file's identity, so loss, reordering, duplication and
 * splicing from another file are all found.
 *
 * A failed write poisons the segment: a new one is opened and everything since
 * the last good commit is written again, with the same sequence numbers; the
 * reader drops what it has seen.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "run/run.h"

struct record {
	unsigned attempt;
	const char *writer;
	uint64_t seq;
	uint16_t type;
	int64_t time_us;
	const void *payload;	/* inside the bytes read: copy what is kept */
	size_t len;
	bool late;		/* beyond the cut: does not count */
};

/* Stops the reading when it returns non-zero, which the call then returns. */
typedef int (*record_fn)(const struct record *rec, void *arg);

/* ---- writing ------------------------------------------------------------ */

struct journal_writer;

enum journal_size {
	JOURNAL_SMALL,		/* a few records: no preallocation */
	JOURNAL_LARGE,		/* segments grow from 256 KiB to 8 MiB */
};

/*
 * Begin a journal of attempt n: attempts/NNNNNN/journal/<kind>-<host>-<8 hex>.
 * NNNN.log.  Nothing is on disk before the first commit.  The run must stay
 * open as long as the writer.  Owned by the caller.
 */
struct journal_writer *journal_open(struct run *r, unsigned n, const char *kind,
				    enum journal_size size,
				    struct belay_error *err);

/*
 * Continue the journal of the given full writer name (no random part is
 * added) behind its last valid batch, or begin it.  seen (may be NULL) is
 * given the records of its last segment, and returns 0.  The caller guarantees
 * that no other process writes it: see chunk/shell.h.
 */
struct journal_writer *journal_continue(struct run *r, unsigned n,
					const char *writer, record_fn seen,
					void *arg, struct belay_error *err);

/* Add a record to the pending batch; payload is copied.  Its sequence number,
 * or 0 when memory is out. */
uint64_t journal_add(struct journal_writer *w, uint16_t type,
		     const void *payload, size_t len, struct belay_error *err);
size_t journal_pending(const struct journal_writer *w);	/* records */

/*
 * Make the pending batch durable, then look for a newer attempt.  0: the
 * records may be acknowledged.  -1: they may not; with BELAY_EFENCED the
 * writer is finished for good; otherwise (disk full, I/O error) the records
 * stay pending and a later call tries again in a new segment.
 */
int journal_commit(struct journal_writer *w, struct belay_error *err);

/* Does not commit.  w may be NULL. */
void journal_close(struct journal_writer *w);

const char *journal_name(const struct journal_writer *w);

/* ---- reading ------------------------------------------------------------ */

enum journal_state { JOURNAL_CLEAN, JOURNAL_TORN, JOURNAL_CORRUPT };

/* How a segment ended. */
struct journal_end {
	enum journal_state state;
	uint64_t length;	/* bytes up to and with the last valid batch */
	uint64_t check;		/* of its last frame, or the identity */
	uint64_t seq;		/* last record's number, 0 if none */
	uint64_t records;
	char reason[160];	/* of torn and corrupt */
};

const char *journal_state_word(enum journal_state s);	/* "clean", ... */

/*
 * Decode the bytes of one segment; f may be NULL.  The state is never an
 * error: the call returns 0, or what f did.  limit: bytes that count (the
 * cut), UINT64_MAX for all; records beyond it are given with late set, and end
 * is about what counts.  Pure: for tests and fuzzers too.
 */
int journal_decode(const void *bytes, size_t len, uint64_t limit,
		   unsigned attempt, const char *writer, record_fn f, void *arg,
		   struct journal_end *end);

enum journal_late { JOURNAL_SKIP_LATE, JOURNAL_WITH_LATE };

/*
 * Every record of attempt n in order (writer, segment, sequence), without
 * repetitions.  The cut that holds for n is applied; a journal whose bytes no
 * longer match its cut is corrupt.  damage (may be NULL) is called once for
 * each segment that is not clean.
 */
int journal_read(struct run *r, unsigned n, enum journal_late late,
		 record_fn f, void *arg,
		 void (*damage)(unsigned attempt, const char *journal,
				const struct journal_end *end, void *arg),
		 struct belay_error *err);

/* Add to *late how many records of attempt n came too late, as the disk says
 * now.  Reads next to nothing if there are none. */
int journal_count_late(struct run *r, unsigned n, uint64_t *late,
		       struct belay_error *err);

/*
 * Take the cut: for every journal of every attempt before n that has none yet,
 * how far it is believed now.  Fills begin->cut.
 */
int journal_cut(struct run *r, unsigned n, struct begin *begin,
		struct belay_error *err);

#endif /* JOURNAL_JOURNAL_H */
