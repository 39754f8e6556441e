/* SPDX-License-Identifier: Apache-2.0 */
/* reports.h - what programs have said of nodes, the last word of each */
#ifndef JOURNAL_REPORTS_H
#define JOURNAL_REPORTS_H

#include "journal/event.h"

struct node_told {
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

#endif /* JOURNAL_REPORTS_H */
