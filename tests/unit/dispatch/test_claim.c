/* SPDX-License-Identifier: Apache-2.0 */
/* test_claim.c - of all that want a run at once one begins, and no other is hurt */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/testrun.h"
#include "tests/unit/dispatch/world.h"

/* What another does right before we make a name, or while we sleep. */
typedef void step(struct run *r, struct belay_error *err);
static struct world *world;		/* whose run it wants */
static step *others_step;		/* NULL: it has had its turn */
static const char *before;

static struct begin as(const char *job, uint32_t id)
{
	struct begin b = { .job_id = id, .action = "start",
			   .batch_host = "n4" };

	strcpy(b.job, job);
	memset(b.submission, 'f', RUN_ID_HEX - 1);
	if (id == world->moment.job_id)
		strcpy(b.submission, world->moment.hint.submission);
	return b;
}

static void claim_as(const char *job, uint32_t id, bool begins, struct run *r,
		     struct belay_error *err)
{
	struct begin b = as(job, id);
	unsigned n;

	assert_int_equal(run_claim(r, &b, &n, err), 1);
	if (begins)
		assert_int_equal(run_publish_begin(r, n, &b, err), 1);
}

static void claims(struct run *r, struct belay_error *err)
{
	claim_as("13", 13, false, r, err);
}

static void claims_and_begins(struct run *r, struct belay_error *err)
{
	claim_as("13", 13, true, r, err);
}

static void begins(struct run *r, struct belay_error *err)
{
	struct begin b = as("13", 13);

	assert_int_equal(run_publish_begin(r, 1, &b, err), 1);
}

static void is_launched_again(struct run *r, struct belay_error *err)
{
	claim_as("12", 12, true, r, err);
}

/* Slurm has requeued the job and started it elsewhere, while we stood still. */
static void is_started_elsewhere(struct run *r, struct belay_error *err)
{
	is_launched_again(r, err);
	world->slurm.restart++;
	world->slurm.start_time += 100;
	world->slurm.nodes = "n[3-4]";
}

static void others_turn(void)
{
	step *now = others_step;
	struct run *r = world_run(world);

	others_step = NULL;
	now(r, &world->err);
	run_close(r);
}

static void let_other(struct world *w, step *what, const char *name)
{
	world = w;
	others_step = what;
	before = name;
}

static void look_at(const char *name)
{
	if (others_step && !strcmp(name, before))
		others_turn();
}

int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	look_at(name);
	return __real_mkdirat(dirfd, name, mode);
}

int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	look_at(to);
	return __real_linkat(a, from, b, to, flags);
}

static void expect_yield(struct world *w)
{
	assert_fails(world_begin(w), &w->err, BELAY_EBUSY,
		     "run '12' is held by job 13; this job is requeued and "
		     "held until 'scontrol release 12'");
	assert_int_equal(w->err.sys, ECANCELED);
	assert_string_equal(buf_text(&w->slurm.did), "requeue-held 12; ");
	assert_string_equal(buf_text(&w->env), "");
}

/* Both looked when nobody had it; one has begun before the other claims. */
static void test_who_has_begun_before_our_claim_is_not_fenced(void **state)
{
	struct world *w = *state;
	struct run *r;

	w->moment.join = true;
	w->slurm.other_id = 13;
	let_other(w, claims_and_begins, "000001");
	expect_yield(w);
	r = world_run(w);
	assert_int_equal(run_newest_number(r), 1);	/* not fenced */
	assert_null(run_attempt(r, 1)->end);
	run_close(r);
}

/* The number before ours begins while we make it void. */
static void test_who_begins_before_the_void_is_not_fenced(void **state)
{
	struct world *w = *state;
	struct run *r = world_make(w);

	w->moment.join = true;
	w->slurm.other_id = 13;
	assert_int_equal(testrun_claim(r, &w->err), 1);
	let_other(w, begins, "begin.json");
	expect_yield(w);
	assert_ok(run_check_fence(r, 1, &w->err), &w->err);
	run_close(r);
}

/* It has claimed and not begun: nobody knows whether it lives. */
static void test_who_has_only_claimed_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct run *r;

	w->moment.join = true;
	w->slurm.other_id = 13;
	let_other(w, claims, "000001");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_ACTION", "start");
	assert_null(world_env(w, "BELAY_PREVIOUS_CAUSE"));
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->voided->job, "12");
	run_close(r);
}

static void test_a_claim_behind_a_job_that_is_gone_is_made_anew(void **state)
{
	struct world *w = *state;

	w->moment.join = true;
	let_other(w, claims_and_begins, "000001");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "vanished");
	assert_true(w->slurm.calls <= 3);
}

/* It made our number void and has begun, right before we publish. */
static void test_who_begins_in_our_place_is_named(void **state)
{
	struct world *w = *state;

	w->moment.join = true;
	w->slurm.other_id = 13;
	let_other(w, claims_and_begins, "begin.json");
	expect_yield(w);
}

/* It has not begun yet, and may never: we are still out. */
static void test_who_made_our_number_void_is_named(void **state)
{
	struct world *w = *state;
	struct run *r;

	w->moment.join = true;
	let_other(w, claims, "begin.json");
	expect_yield(w);
	assert_in_range(w->slept_ms, 2000, 5000);
	r = world_run(w);
	assert_null(run_newest(r));
	run_close(r);
}

/* slurmctld was killed, and launches our job a second time: a requeue of the
 * one would hit the other. */
static void test_a_job_does_not_hold_itself(void **state)
{
	struct world *w = *state;

	w->moment.join = true;
	let_other(w, is_launched_again, "begin.json");
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED,
		     "another start of job 12 has run '12'");
	assert_int_equal(w->err.sys, 0);
	assert_string_equal(buf_text(&w->slurm.did), "");
}

static void test_a_start_that_is_late_when_it_claims_fences_nobody(void **state)
{
	struct world *w = *state;
	struct run *r;

	let_other(w, is_started_elsewhere, "000001");
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED,
		     "this start of job 12 (restart 0) comes too late: the job "
		     "runs on n[3-4] since (restart 1)");
	assert_int_equal(w->err.sys, ECANCELED);
	r = world_run(w);
	assert_int_equal(run_newest_number(r), 1);
	run_close(r);
}

static void is_about_to_begin_again(struct run *r, struct belay_error *err)
{
	claim_as("12", 12, false, r, err);
}

static void launch_again(struct world *w)
{
	let_other(w, is_launched_again, "");
	others_turn();
}

static void launch_again_slowly(struct world *w)
{
	let_other(w, is_about_to_begin_again, "");
	others_turn();
}

/* Nor when it was another's void, and our own other start won in the end. */
static void by_way_of_another(struct world *w, void (*launch)(struct world *w))
{
	w->moment.join = true;
	w->slurm.other_id = 13;
	let_other(w, claims, "begin.json");
	w->in_sleep = launch;
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED,
		     "another start of job 12 has run '12'");
	assert_string_equal(buf_text(&w->slurm.did), "");
}

static void test_nor_by_way_of_another(void **state)
{
	by_way_of_another(*state, launch_again);
}

static void test_nor_while_its_other_start_is_on_its_way(void **state)
{
	by_way_of_another(*state, launch_again_slowly);
}

/* A run as it was before anything had begun. */
static struct run *early;

/* By a belay that makes nothing void: it has not seen attempt 1. */
static void begins_unseeing(struct run *r, struct belay_error *err)
{
	struct begin b = as("13", 13);

	assert_int_equal(mkdirat(r->attemptsfd, "000003", 0700), 0);
	assert_int_equal(run_publish_begin(early, 3, &b, err), 1);
}

/* While we look into how it ended: what we rely on is not there any more. */
static void finds_predecessor_late(struct world *w, const char *step_before)
{
	early = world_make(w);
	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	let_other(w, begins_unseeing, step_before);
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED,
		     "attempt 1 does not count: a later one had begun without "
		     "it");
	assert_int_equal(w->err.sys, 0);
	run_close(early);
}

static void test_a_predecessor_that_turns_out_late_is_said(void **state)
{
	finds_predecessor_late(*state, "000002");
}

static void test_also_while_its_end_is_published(void **state)
{
	finds_predecessor_late(*state, "end.json");
}

static void test_and_while_its_decision_is(void **state)
{
	finds_predecessor_late(*state, "decision.json");
}

static void claim_in_sleep(struct world *w)
{
	let_other(w, claims_and_begins, "");
	others_turn();
}

/* Both looked when nobody had it, and wait until writers are quiet. */
static void test_of_two_jobs_that_begin_at_once_one_yields(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	w->moment.join = true;
	w->slurm.other_id = 13;
	w->in_sleep = claim_in_sleep;
	expect_yield(w);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 2)->voided->job, "13");
	assert_int_equal(run_newest(r)->number, 3);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_who_has_begun_before_our_claim_is_not_fenced),
		TEST_IN_WORLD(test_who_begins_before_the_void_is_not_fenced),
		TEST_IN_WORLD(test_who_has_only_claimed_is_not_waited_for),
		TEST_IN_WORLD(test_a_claim_behind_a_job_that_is_gone_is_made_anew),
		TEST_IN_WORLD(test_who_begins_in_our_place_is_named),
		TEST_IN_WORLD(test_who_made_our_number_void_is_named),
		TEST_IN_WORLD(test_a_job_does_not_hold_itself),
		TEST_IN_WORLD(
			test_a_start_that_is_late_when_it_claims_fences_nobody),
		TEST_IN_WORLD(test_nor_by_way_of_another),
		TEST_IN_WORLD(test_nor_while_its_other_start_is_on_its_way),
		TEST_IN_WORLD(test_a_predecessor_that_turns_out_late_is_said),
		TEST_IN_WORLD(test_also_while_its_end_is_published),
		TEST_IN_WORLD(test_and_while_its_decision_is),
		TEST_IN_WORLD(test_of_two_jobs_that_begin_at_once_one_yields),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
