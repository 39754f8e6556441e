/* SPDX-License-Identifier: Apache-2.0 */
/* runs.h - a run with attempts and checkpoints, for tests that need one */
#ifndef SUPPORT_RUNS_H
#define SUPPORT_RUNS_H

#include "checkpoint/checkpoint.h"
#include "run/run.h"
#include "tests/support/test.h"

/* The run of testrun.h, its first attempt begun.  run_close() it. */
struct run *runs_make(struct tmpdir *d);
/* The next attempt claims and begins; it has seen these checkpoints. */
unsigned runs_begin(struct run *r, const uint64_t *ids, unsigned n_ids);

/* A file below a directory, which is made; mode 0644. */
void runs_file(const char *dir, const char *name, const char *text);
void assert_file(const char *dir, const char *name, const char *text);
/* A staging directory of attempt n with "state" (text) and "sub/data". */
char *runs_stage(struct run *r, unsigned n, const char *text);
/* The same, committed. */
uint64_t runs_checkpoint(struct run *r, unsigned n, const char *text);
/* checkpoints/ holds just these (NULL at the end). */
void assert_checkpoints(struct run *r, const char *const *names);

#endif /* SUPPORT_RUNS_H */
