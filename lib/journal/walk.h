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

/* The same, a segment at each step, which returns as journal_walk() does.  What
 * its records point to stays until the next one; *more: there is one. */
struct journal_walker *journal_walker_open(const struct journal_walk *walk,
					   struct belay_error *err);
int journal_walker_step(struct journal_walker *w, bool *more,
			struct belay_error *err);
void journal_walker_close(struct journal_walker *w);	/* may be NULL */

#endif /* JOURNAL_WALK_H */
