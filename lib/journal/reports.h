/* SPDX-License-Identifier: Apache-2.0 */
/* reports.h - what programs have said of nodes and of their progress */
#ifndef JOURNAL_REPORTS_H
#define JOURNAL_REPORTS_H

#include "journal/event.h"

struct node_told {		/* the last word of it */
	char node[256];
	int64_t time_us;
	bool failed;
	char reason[128];
};

struct node_reports {		/* start from { 0 } */
	struct node_told *at;
	size_t n;
	struct belay_error *err;	/* of node_reports_add() */
};

/* Add all that counts of attempt n. */
int node_reports_read(struct node_reports *l, struct run *r, unsigned n,
		      struct belay_error *err);
/* Add one, which counts if nothing newer is said of the node. */
int node_reports_add(struct node_reports *l, const char *node, int64_t time_us,
		     bool failed, const char *reason);
void node_reports_free(struct node_reports *l);
#define _auto_reports_ __attribute__((cleanup(node_reports_free)))

/* The progress that was set last.  Of an attempt the furthest counts, of
 * whatever process; no clock decides.  1: in *e; 0: none was ever set; -1. */
int progress_newest(struct run *r, struct event *e, struct belay_error *err);

#endif /* JOURNAL_REPORTS_H */
