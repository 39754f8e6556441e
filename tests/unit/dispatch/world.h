/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - a job, its Slurm and its disk, to let moments happen in */
#ifndef TESTS_UNIT_DISPATCH_WORLD_H
#define TESTS_UNIT_DISPATCH_WORLD_H

#include "base/buf.h"
#include "dispatch/dispatch.h"
#include "tests/support/test.h"

/* What Slurm would say of one job, and what was asked of it. */
struct fake_slurm {
	bool away;			/* nothing answers */
	uint32_t job_id, other_id;	/* other: some job that runs, or 0 */
	enum job_state state;
	bool completing, no_requeue, refuses_requeue;
	int64_t other_submitted;
	uint32_t restart;
	int64_t start_time;
	const char *batch_host, *nodes, *down;	/* down: one node's name */
	char exc_nodes[256];
	int64_t begin_time, passes;
	unsigned calls;
	bool configured;		/* by this process */
	int serving;			/* nodes, as far as it has asked */
	struct buf did;			/* "requeue 12; " and so on */
};

struct world {
	struct tmpdir *dir;
	struct fake_slurm slurm;
	struct sched sched;
	struct moment moment;
	struct buf env, say;
	struct belay_error err;
	void (*in_sleep)(struct world *w);	/* another's turn, in the next */
	int slept_ms;			/* by clock_sleep_ms(), which is wrapped */
};

/* Job 12 on n1 and n2, policy "standard", running for the first time. */
int world_setup(void **state);
int world_teardown(void **state);
#define TEST_IN_WORLD(fn) \
	cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

/* The moments, as the agents of the running job would have them. */
int world_begin(struct world *w);
int world_end(struct world *w, int exit_status);
int world_after(struct world *w, const char *node);

/* Slurm starts the job again, on these nodes. */
void world_restart(struct world *w, const char *nodes, const char *batch_host);
/* Slurm puts the job back into its queue while these nodes complete. */
void world_requeue(struct world *w, const char *completing);
/* Let the policy be this file's text. */
void world_policy(struct world *w, const char *text);

struct run *world_make(struct world *w);	/* "12", before any attempt */
struct run *world_run(struct world *w);		/* "12", opened; or fails */
/* What the last begin gave for name, or NULL. */
const char *world_env(struct world *w, const char *name);

#define assert_env(w, name, value) \
	assert_string_equal(world_env(w, name), value)
#define assert_says(w, words)						\
	do {								\
		if (!strstr(buf_text(&(w)->say), words))		\
			fail_msg("'%s' lacks '%s'",			\
				 buf_text(&(w)->say), words);		\
	} while (0)

#endif /* TESTS_UNIT_DISPATCH_WORLD_H */
