/* SPDX-License-Identifier: Apache-2.0 */
/* own.h - a run that nobody began for us: made, claimed, begun and ended here */
#ifndef API_OWN_H
#define API_OWN_H

#include "run/run.h"

struct own_run {
	struct run *run;	/* run_close() it */
	unsigned attempt;	/* 0: not begun */
	const char *by;		/* who says how attempts end: "map" */
	char say[512];		/* a line for people, or "" */
};

/* Open the run of that name, made if missing, below root (NULL: the usual). */
int own_run_open(struct own_run *o, const char *root, const char *name,
		 struct belay_error *err);
/*
 * Claim its next attempt and publish its begin.  BELAY_EBUSY: a live process
 * works on it.  An attempt before that did not say how it ended has vanished.
 */
int own_run_begin(struct own_run *o, struct belay_error *err);
/* Publish how it ended (signal 0: none), and that nothing is to be done about
 * it; reason is a line for people. */
int own_run_end(struct own_run *o, int exit_status, int signal,
		const char *reason, struct belay_error *err);

/* Of this node: what Slurm calls it, else the host's name. */
void own_node_name(char out[256]);

#endif /* API_OWN_H */
