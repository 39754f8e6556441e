/* SPDX-License-Identifier: Apache-2.0 */
/* which.h - the run that a verb is about, and the attempt that we are part of */
#ifndef CMD_BELAY_WHICH_H
#define CMD_BELAY_WHICH_H

#include "cmd/belay/verb.h"
#include "run/run.h"

/* The first options of every verb that is about runs. */
#define WHICH_PLACE \
	{ "root", 0, "DIR", "where runs are; else BELAY_ROOT, ~/.belay" }, \
	{ "cluster", 0, "NAME", "whose runs; needed if a name is ambiguous" }
enum { GIVEN_ROOT, GIVEN_CLUSTER, GIVEN_NEXT };

/* With an option for the run, where operands are something else. */
#define WHICH_RUN \
	WHICH_PLACE, \
	{ "run", 0, "RUN", "name or job id; in a job its own run" }
enum { GIVEN_RUN = GIVEN_NEXT, GIVEN_AFTER_RUN };

/* Open for reading what was given; spec NULL: the run of our own job. */
struct run *which_run(const char *const *given, const char *spec,
		      struct belay_error *err);

/* The run and the attempt that this process belongs to, to write for it. */
struct run *which_own(unsigned *attempt, struct belay_error *err);

/* The attempt of this run that this process belongs to, 0 if it does not. */
unsigned which_attempt(const struct run *r);

#define _auto_run_ __attribute__((cleanup(which_close)))
static inline void which_close(struct run **r)
{
	run_close(*r);
}

#endif /* CMD_BELAY_WHICH_H */
