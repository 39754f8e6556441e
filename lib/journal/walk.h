/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - go through all segments of an attempt */
#ifndef JOURNAL_WALK_H
#define JOURNAL_WALK_H

#include "journal/journal.h"

struct journal_walk {
	struct run *run;
	unsigned attempt;
	const struct begin *cut;	/* NULL: whatever verifies counts */
	enum journal_late late;
	record_fn record;		/* may be NULL */
	/* After each segment, clean or not; non-zero stops the walk. */
	int (*ended)(const char *journal, const struct journal_end *end,
		     void *arg);
	void *arg;			/* of both */
};

/* In order of writer, segment, sequence; each number of a writer once. */
int journal_walk(const struct journal_walk *walk, struct belay_error *err);

#endif /* JOURNAL_WALK_H */
