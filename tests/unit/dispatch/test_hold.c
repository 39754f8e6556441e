/* SPDX-License-Identifier: Apache-2.0 */
/* test_hold.c - a run that was stopped goes on when a person lets it */

#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/dispatch/world.h"

static const char *fails_to_make;	/* a directory */

int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	if (fails_to_make && !strcmp(name, fails_to_make)) {
		errno = EIO;
		return -1;
	}
	return __real_mkdirat(dirfd, name, mode);
}

static const char one_attempt[] =
	"version: 1\npreset: standard\nattempts: {max: 1}\n";

static void test_a_run_that_is_to_be_held_is_held_by_begin(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED,
		     "attempt 1 is not to be followed by another: ");
	assert_int_equal(w->err.sys, ECANCELED);
	assert_string_equal(buf_text(&w->slurm.did),
			    "requeue 12; hold 12; start; ");
}

static void test_a_run_that_cannot_be_held_goes_on_without_us(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	w->slurm.refuses_requeue = true;
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED, "it may not");
	assert_int_equal(w->err.sys, 0);
}

static void test_a_person_may_let_a_held_run_go_on(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	assert_non_null(strstr(buf_text(&w->slurm.did), "requeue 12; hold 12"));
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_ACTION", "retry");
	/* with a fresh budget, of one */
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "0");
}

/* The agent that held the job did not live to write it down. */
static void test_a_hold_that_nobody_recorded_needs_one_release(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	fails_to_make = "journal";
	assert_ok(world_end(w, 1), &w->err);
	fails_to_make = NULL;
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
}

/* Nor to hold it: an epilog does. */
static void test_a_hold_that_was_only_decided_is_made_up_for(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	w->slurm.refuses_requeue = true;
	assert_fails(world_end(w, 1), &w->err, BELAY_EFAILED, "it may not");
	w->slurm.refuses_requeue = false;
	w->slurm.state = JOB_STATE_FAILED;
	w->slurm.completing = true;
	assert_ok(world_after(w, "n2"), &w->err);
	assert_string_equal(buf_text(&w->slurm.did),
			    "requeue 12; hold 12; start; ");
	/* and another one finds it done, without a call */
	w->slurm.calls = 0;
	assert_ok(world_after(w, "n1"), &w->err);
	assert_int_equal(w->slurm.calls, 0);
}

/* It did not live to hold it either, and Slurm started it again by itself. */
static void test_a_hold_that_never_was_is_made_up_for(void **state)
{
	struct world *w = *state;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	fails_to_make = "journal";
	assert_ok(world_end(w, 1), &w->err);
	fails_to_make = NULL;
	world_restart(w, "n[1-2]", "n1");
	w->slurm.begin_time += 76;	/* Slurm's own */
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED,
		     "attempt 1 is not to be followed by another: ");
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
}

static void test_a_release_is_where_attempts_are_counted_from(void **state)
{
	struct world *w = *state;
	struct run *r;

	world_policy(w, one_attempt);
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->decided->reason, "the script "
		"failed; 1 of 1 attempts are used up: hold the job for a "
		"person");
	assert_string_equal(run_attempt(r, 2)->decided->reason, "the script "
		"failed; 1 of 1 attempts are used up, counted since a person "
		"let attempt 1 be followed: hold the job for a person");
	run_close(r);
}

static void test_a_person_gives_a_run_a_fresh_budget(void **state)
{
	struct world *w = *state;

	world_policy(w, "version: 1\npreset: standard\n"
			"attempts: {max: 3}\nrules:\n"
			"  - {name: look, on: [failed], action: hold}\n");
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(
		    test_a_run_that_is_to_be_held_is_held_by_begin),
		TEST_IN_WORLD(
		    test_a_run_that_cannot_be_held_goes_on_without_us),
		TEST_IN_WORLD(test_a_person_may_let_a_held_run_go_on),
		TEST_IN_WORLD(
		    test_a_hold_that_nobody_recorded_needs_one_release),
		TEST_IN_WORLD(test_a_hold_that_was_only_decided_is_made_up_for),
		TEST_IN_WORLD(test_a_hold_that_never_was_is_made_up_for),
		TEST_IN_WORLD(
		    test_a_release_is_where_attempts_are_counted_from),
		TEST_IN_WORLD(test_a_person_gives_a_run_a_fresh_budget),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
