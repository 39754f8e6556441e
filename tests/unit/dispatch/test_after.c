/* SPDX-License-Identifier: Apache-2.0 */
/* test_after.c - survivors act for a batch host that is gone */

#include <time.h>

#include "tests/unit/dispatch/world.h"

static void test_a_survivor_decides_for_a_dead_batch_host(void **state)
{
	struct world *w = *state;
	struct run *r;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	w->slurm.down = "n1";
	world_requeue(w, "n2");
	assert_ok(world_after(w, "n2"), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "node_fail");
	assert_string_equal(run_attempt(r, 1)->end->suspects, "n1");
	assert_string_equal(run_attempt(r, 1)->end->by, "after");
	run_close(r);
	assert_string_equal(w->slurm.exc_nodes, "n1");
	/* it is the last to complete: safe first, then fast */
	assert_string_equal(buf_text(&w->slurm.did), "exclude n1; start; "
			    "exclude n1; start; exclude n1; start; ");
	assert_in_range(w->slurm.begin_time, time(NULL) + 1, time(NULL) + 4);
}

static void test_others_still_completing_keep_the_start_safe(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	w->slurm.down = "n1";
	world_requeue(w, "n[2-3]");
	strcpy(w->moment.nodes, "n[1-3]");
	assert_ok(world_after(w, "n3"), &w->err);
	assert_in_range(w->slurm.begin_time, time(NULL) + 30,
			time(NULL) + 60);
	assert_int_equal(w->slept_ms, 0);
}

static void test_a_job_that_ended_by_itself_costs_no_call(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 0), &w->err);
	assert_ok(world_after(w, "n2"), &w->err);
	assert_int_equal(w->slurm.calls, 0);
}

static void test_a_requeue_by_end_is_only_made_faster(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	assert_in_range(w->slurm.begin_time, time(NULL) + 30,
			time(NULL) + 60);
	w->slurm.nodes = "n2";
	buf_clear(&w->slurm.did);
	assert_ok(world_after(w, "n2"), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "start; start; ");
	assert_in_range(w->slurm.begin_time, time(NULL) + 1, time(NULL) + 4);
}

static void test_an_epilog_of_an_older_attempt_leaves(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	w->moment.restart = 0;
	assert_ok(world_after(w, "n2"), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	/* nor one that looks like the newest's, for that one runs */
	w->moment.restart = 1;
	assert_ok(world_after(w, "n2"), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_null(run_attempt(r, 2)->end);
	run_close(r);
}

static void test_of_a_large_job_only_four_nodes_look(void **state)
{
	struct world *w = *state;

	strcpy(w->moment.nodes, "n[1-65]");
	assert_ok(world_begin(w), &w->err);
	w->slurm.down = "n1";
	world_requeue(w, "n[2-65]");
	assert_ok(world_after(w, "n5"), &w->err);
	assert_int_equal(w->slurm.calls, 0);
	assert_ok(world_after(w, "n4"), &w->err);
	assert_true(w->slurm.calls > 0);
}

static void test_without_slurm_a_survivor_leaves_it_to_begin(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	w->slurm.away = true;
	assert_fails(world_after(w, "n2"), &w->err, BELAY_EFAILED, "away");
	r = world_run(w);
	assert_null(run_attempt(r, 1)->end);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_a_survivor_decides_for_a_dead_batch_host),
		TEST_IN_WORLD(test_others_still_completing_keep_the_start_safe),
		TEST_IN_WORLD(test_a_job_that_ended_by_itself_costs_no_call),
		TEST_IN_WORLD(test_a_requeue_by_end_is_only_made_faster),
		TEST_IN_WORLD(test_an_epilog_of_an_older_attempt_leaves),
		TEST_IN_WORLD(test_of_a_large_job_only_four_nodes_look),
		TEST_IN_WORLD(test_without_slurm_a_survivor_leaves_it_to_begin),
	};

	return cmocka_run_group_tests_name("after", tests, NULL, NULL);
}
