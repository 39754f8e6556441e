/* SPDX-License-Identifier: Apache-2.0 */
/* testrun.h - a run in a test's directory, and its attempts */
#ifndef SUPPORT_TESTRUN_H
#define SUPPORT_TESTRUN_H

#include "run/run.h"
#include "tests/support/test.h"

/* The run "12" of cluster "mc" below d->path, made or opened again. */
struct run *testrun_open(struct tmpdir *d);

/* Claim the next attempt as another process would: its number, or 0.  r is as
 * it was. */
unsigned testrun_claim(const struct run *r, struct belay_error *err);

/* Claim and begin the next attempt with the cut of those before. */
unsigned testrun_begin(struct run *r, struct tmpdir *d);

/* Record how attempt n ended, and who is suspected. */
void testrun_end(struct run *r, unsigned n, const char *cause,
		 const char *suspects, struct tmpdir *d);

/* The path of the only journal of attempt n whose name ends with `suffix`. */
void testrun_journal(struct run *r, unsigned n, const char *suffix,
		     char path[512]);

#endif /* SUPPORT_TESTRUN_H */
