/* SPDX-License-Identifier: Apache-2.0 */
/* test_joined.c - a run that several jobs want has one of them at a time */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/dispatch/world.h"

static void join_as(struct world *w, uint32_t job_id)
{
	w->moment.join = true;
	w->moment.job_id = w->slurm.job_id = job_id;
	w->moment.hint.submission[0] = 'f';
	snprintf(w->moment.job, sizeof(w->moment.job), "%u", job_id);
}

static void test_a_run_of_another_live_job_is_left_to_it(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	join_as(w, 13);
	w->slurm.other_id = 12;
	assert_fails(world_begin(w), &w->err, BELAY_EBUSY,
		     "run '12' is held by job 12; this job is requeued and "
		     "held until 'scontrol release 13'");
	assert_int_equal(w->err.sys, ECANCELED);
	assert_string_equal(buf_text(&w->slurm.did), "requeue-held 13; ");
	assert_string_equal(buf_text(&w->env), "");
}

/* It goes on without, and is told so. */
static void test_a_job_that_cannot_yield_is_not_called_off(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	join_as(w, 13);
	w->slurm.other_id = 12;
	w->slurm.refuses_requeue = true;
	assert_fails(world_begin(w), &w->err, BELAY_EBUSY,
		     "run '12' is held by job 12");
	assert_int_equal(w->err.sys, 0);
}

/* The id of the job that had the run is another's now: that one does not hold
 * it, whatever it is doing. */
static void test_a_job_with_the_id_of_a_holder_holds_nothing(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	join_as(w, 13);
	w->slurm.other_id = 12;
	w->slurm.start_time += 1000;	/* not the start that had begun */
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "vanished");
}

/* Nor when its start is not known, but it was submitted later. */
static void test_a_job_that_was_submitted_later_holds_nothing(void **state)
{
	struct world *w = *state;

	w->slurm.away = true;
	assert_ok(world_begin(w), &w->err);
	w->slurm.away = false;
	join_as(w, 13);
	w->slurm.other_id = 12;
	w->slurm.other_submitted = INT64_C(1) << 40;
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
}

/* Or when it has been restarted, but has a run of its own. */
static void test_a_job_with_a_run_of_its_own_holds_no_other(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	w->moment.hint.submission[0] = 'e';
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12.2");
	join_as(w, 13);
	w->slurm.other_id = 12;
	w->moment.restart = w->slurm.restart = 1;
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12");
	assert_env(w, "BELAY_ATTEMPT", "2");
}

/* Slurm counts its ids from 1 again: the job that has ours now knows nothing of
 * how the one before ended. */
static void test_a_job_with_our_id_is_not_ours(void **state)
{
	struct world *w = *state;

	w->moment.restart = w->slurm.restart = 4;
	assert_ok(world_begin(w), &w->err);
	join_as(w, 12);
	w->moment.restart = w->slurm.restart = 0;
	w->slurm.start_time = 5000;
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12");
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "vanished");
	assert_string_equal(buf_text(&w->say), "");
}

static void test_a_run_of_a_job_that_is_gone_is_taken_over(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	join_as(w, 13);
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12");
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "vanished");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_a_run_of_another_live_job_is_left_to_it),
		TEST_IN_WORLD(test_a_job_that_cannot_yield_is_not_called_off),
		TEST_IN_WORLD(test_a_job_with_the_id_of_a_holder_holds_nothing),
		TEST_IN_WORLD(
			test_a_job_that_was_submitted_later_holds_nothing),
		TEST_IN_WORLD(test_a_job_with_a_run_of_its_own_holds_no_other),
		TEST_IN_WORLD(test_a_job_with_our_id_is_not_ours),
		TEST_IN_WORLD(test_a_run_of_a_job_that_is_gone_is_taken_over),
	};

	return cmocka_run_group_tests_name("joined", tests, NULL, NULL);
}
