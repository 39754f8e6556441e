/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - the run and the attempt that a map records in
 *
 * Inside a job that belay protects: the job's own.  Where belay could not
 * begin (BELAY_UNPROTECTED): none.  Anywhere else the map begins an attempt of
 * a run of its own, and ends it; the same command line in the same directory
 * is the same run, so typing it again resumes it.
 */
#ifndef CMD_MAP_SESSION_H
#define CMD_MAP_SESSION_H

#include <stdbool.h>

#include "chunk/state.h"
#include "cmd/map/command.h"
#include "cmd/map/items.h"
#include "journal/journal.h"

struct session_spec {
	const char *run, *root;		/* --run and --root, or NULL */
	const char *set;
	const struct command *command;
	const struct items *items;
};

/* The set as the map wants it, defined if missing; NULL says what differs. */
struct chunk_set *session_define(struct chunk_state *state,
				 const struct session_spec *spec,
				 struct belay_error *err);

struct session {		/* start from { 0 } */
	struct run *run;	/* NULL: nothing is recorded */
	char name[RUN_NAME_SIZE];	/* of the run, or one for the occasion */
	unsigned attempt;
	bool own;		/* begun here, so ended here */
	struct journal_writer *journal;
	struct chunk_state *state;	/* as this attempt finds it */
	int chunk_attempts;	/* of the run's policy */
	double chunk_timeout_s;
};

/* What was unusual goes to stderr, a line each.  BELAY_EBUSY: a live process
 * or job works on the run. */
int session_open(struct session *s, const struct session_spec *spec,
		 struct belay_error *err);
/* How the map went, for end.json of an own attempt: signal 0 for none. */
int session_end(struct session *s, int exit_status, int signal,
		struct belay_error *err);
void session_close(struct session *s);

#endif /* CMD_MAP_SESSION_H */
