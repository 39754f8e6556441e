/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.h - where a map runs: the nodes of the allocation, or only here */
#ifndef CMD_MAP_NODES_H
#define CMD_MAP_NODES_H

#include <stdbool.h>

#include "base/error.h"

struct nodes {
	unsigned n;
	unsigned slots;		/* of all together */
	bool even;		/* each has the same number of them */
	unsigned cpus;		/* of each node; 0: they differ, or unknown */
	const char *list;	/* Slurm's hostlist; "" outside */
};

/* By the environment; slots: -j, or 0. */
int nodes_look(struct nodes *nodes, unsigned slots, struct belay_error *err);
/* Slurm's "4(x2),2": the sum, and in *even whether all are equal; 0 when it is
 * not such a text. */
unsigned nodes_sum(const char *text, bool *even);

#endif /* CMD_MAP_NODES_H */
