/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c - what Slurm is asked to do, and what is left to people */

#include <string.h>

#include "recover/recover.h"
#include "tests/support/test.h"

#define NOW 1700000000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FAILED JOB_STATE_FAILED
#define PENDING JOB_STATE_PENDING
#define RUNNING JOB_STATE_RUNNING

static struct belay_error err;

/* What is said of the job and of us, besides its state. */
enum { COMPLETING = 1, HELD = 2, NO_REQUEUE = 4, LAST = 8, SLURM_DELAY = 16,
       AGAIN = 32 };

static const struct {
	enum action action;
	enum job_state state;
	int flags, delay_s;
	int begin_in;		/* the job's begin_time, from now; 0: past */
	int what;
	int start_in;		/* 0: left alone */
	const char *why_not;
} cases[] = {
	/* the batch host acts before Slurm has judged */
	{ ACTION_RETRY, RUNNING, 0, 0, 0, PLAN_REQUEUE, 45, "" },
	{ ACTION_FAILOVER, RUNNING, 0, 0, 0, PLAN_REQUEUE, 45, "" },
	{ ACTION_RESTORE, FAILED, COMPLETING, 0, 0, PLAN_REQUEUE, 45, "" },
	{ ACTION_RETRY, JOB_STATE_TIMEOUT, COMPLETING, 600, 0, PLAN_REQUEUE,
	  600, "" },
	{ ACTION_RETRY, RUNNING, LAST, 0, 0, PLAN_REQUEUE, 3, "" },
	{ ACTION_RETRY, RUNNING, LAST, 2, 0, PLAN_REQUEUE, 3, "" },
	{ ACTION_RETRY, RUNNING, LAST, 20, 0, PLAN_REQUEUE, 20, "" },
	{ ACTION_HOLD, RUNNING, 0, 0, 0, PLAN_REQUEUE_HELD, 45,
	  "" },
	{ ACTION_HOLD, FAILED, COMPLETING, 0, 0, PLAN_REQUEUE_HELD, 45,
	  "" },
	{ ACTION_FAIL, RUNNING, 0, 0, 0, PLAN_NOTHING, 0, "Slurm ends the" },
	{ ACTION_FAIL, RUNNING, AGAIN, 0, 0, PLAN_CANCEL, 0, "" },
	{ ACTION_FAIL, RUNNING, AGAIN | NO_REQUEUE, 0, 0, PLAN_CANCEL, 0, "" },
	{ ACTION_RETRY, RUNNING, NO_REQUEUE, 0, 0, PLAN_NOTHING, 0,
	  "the job may not be requeued" },
	{ ACTION_HOLD, RUNNING, NO_REQUEUE, 0, 0, PLAN_NOTHING, 0,
	  "the job may not be requeued" },

	/* Slurm has requeued it */
	{ ACTION_RETRY, PENDING, COMPLETING, 0, 0, PLAN_ADJUST, 45, "" },
	{ ACTION_RETRY, PENDING, COMPLETING | LAST, 0, 0, PLAN_ADJUST, 3, "" },
	{ ACTION_RETRY, PENDING, COMPLETING | LAST, 0, 45, PLAN_ADJUST, 3, "" },
	{ ACTION_RETRY, PENDING, 0, 0, 121, PLAN_ADJUST, 3, "" },
	{ ACTION_RETRY, PENDING, NO_REQUEUE, 0, 121, PLAN_ADJUST, 3, "" },
	{ ACTION_RETRY, PENDING, LAST, 600, 600, PLAN_ADJUST, 600, "" },
	{ ACTION_RETRY, PENDING, SLURM_DELAY, 0, 121, PLAN_NOTHING, 0,
	  "nothing is to be changed" },
	{ ACTION_HOLD, PENDING, COMPLETING, 0, 0, PLAN_HOLD, 45, "" },
	{ ACTION_FAIL, PENDING, COMPLETING, 0, 0, PLAN_CANCEL, 0, "" },

	/* what a person did stays */
	{ ACTION_RETRY, PENDING, 0, 0, 122, PLAN_NOTHING, 0, "nothing is to" },
	{ ACTION_RETRY, PENDING, 0, 600, 601, PLAN_NOTHING, 0, "nothing is" },
	{ ACTION_RETRY, PENDING, HELD, 0, 0, PLAN_NOTHING, 0, "nothing is" },
	{ ACTION_HOLD, PENDING, 0, 0, 122, PLAN_HOLD, 0, "" },
	{ ACTION_HOLD, PENDING, HELD, 0, 0, PLAN_NOTHING, 0, "job is held" },
	{ ACTION_FAIL, PENDING, HELD, 0, 0, PLAN_NOTHING, 0, "job is held" },
	{ ACTION_RETRY, JOB_STATE_CANCELLED, COMPLETING, 0, 0, PLAN_NOTHING, 0,
	  "the job was cancelled" },
	{ ACTION_HOLD, JOB_STATE_CANCELLED, 0, 0, 0, PLAN_NOTHING, 0,
	  "the job was cancelled" },

	/* nothing can or shall be done */
	{ ACTION_NONE, RUNNING, 0, 0, 0, PLAN_NOTHING, 0, "nothing is to be" },
	{ ACTION_RETRY, FAILED, 0, 0, 0, PLAN_NOTHING, 0, "the job has ended" },
	{ ACTION_HOLD, JOB_STATE_OOM, 0, 0, 0, PLAN_NOTHING, 0, "has ended" },
	{ ACTION_RETRY, JOB_STATE_UNKNOWN, 0, 0, 0, PLAN_NOTHING, 0,
	  "Slurm does not say how the job is" },
};

static void check(size_t i)
{
	int flags = cases[i].flags;
	struct decision d = {
		.action = cases[i].action, .delay_s = cases[i].delay_s,
		.slurm_delay = flags & SLURM_DELAY,
	};
	struct job_view job = {
		.state = cases[i].state, .completing = flags & COMPLETING,
		.held = flags & HELD, .num_nodes = 2,
		.requeue_allowed = !(flags & NO_REQUEUE),
		.begin_time = NOW + (cases[i].begin_in ? cases[i].begin_in
						       : -1000),
	};
	struct plan_input in = {
		.decision = &d, .job = &job, .now = NOW, .kill_wait = 30,
		.decided = NOW,
		.cluster_nodes = 4, .last_completing = flags & LAST,
		.runs_again = flags & AGAIN,
	};
	struct plan p;

	assert_ok(plan_make(&in, &p, &err), &err);
	if ((int)p.what != cases[i].what)
		fail_msg("case %zu: %d, '%s'", i, p.what, p.why_not);
	if (p.begin_time != (cases[i].start_in ? NOW + cases[i].start_in : 0))
		fail_msg("case %zu: start in %d", i, (int)p.begin_time - NOW);
	/* only what waits for the other nodes becomes sooner without them */
	assert_int_equal(p.maybe_sooner, cases[i].start_in == 45 &&
					 cases[i].action != ACTION_HOLD);
	if (cases[i].what == PLAN_NOTHING)
		assert_non_null(strstr(p.why_not, cases[i].why_not));
	assert_null(p.exc_nodes);
	plan_fini(&p);
}

static void test_where_the_job_is_and_what_was_decided_make_a_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(i);
}

/* The start of a job that is held tells which decision held it; one that came
 * too late for that is at least soon. */
static void test_a_hold_has_the_start_of_its_decision(void **state)
{
	static const struct { int ago, start_in; } holds[] = {
		{ 0, 45 }, { 5, 40 }, { 41, 4 }, { 42, 45 }, { 300, 45 },
	};
	struct decision d = { .action = ACTION_HOLD };
	struct job_view job = { .state = RUNNING, .requeue_allowed = true };
	struct plan p;

	(void)state;
	for (size_t i = 0; i < COUNT(holds); i++) {
		struct plan_input in = {
			.decision = &d, .job = &job, .now = NOW,
			.decided = NOW - holds[i].ago, .kill_wait = 30,
		};

		assert_ok(plan_make(&in, &p, &err), &err);
		assert_int_equal(p.begin_time, NOW + holds[i].start_in);
	}
}

static void test_a_held_job_is_still_kept_away_from_suspects(void **state)
{
	struct left_out out = { "n2", (NOW + 60) * INT64_C(1000000) };
	struct decision d = { .action = ACTION_FAILOVER, .left_out = &out,
			      .n_left_out = 1 };
	struct job_view job = { .state = PENDING, .held = true,
				.num_nodes = 1 };
	struct plan_input in = { .decision = &d, .job = &job, .now = NOW,
				 .cluster_nodes = 4 };
	struct plan p;

	(void)state;
	assert_ok(plan_make(&in, &p, &err), &err);
	assert_int_equal(p.what, PLAN_ADJUST);
	assert_string_equal(p.exc_nodes, "n2");
	assert_int_equal(p.begin_time, 0);
	plan_fini(&p);
}

static void test_a_plan_is_one_line(void **state)
{
	static char n1[] = "n[1-2]", none[] = "";
	static const struct { struct plan p; const char *line; } lines[] = {
		{ { .what = PLAN_REQUEUE, .exc_nodes = n1, .begin_time = NOW },
		  "requeue, exclude n[1-2], start at 2023-11-14T22:13:20Z" },
		{ { .what = PLAN_REQUEUE, .begin_time = NOW,
		    .maybe_sooner = true },
		  "requeue, start by 2023-11-14T22:13:20Z" },
		{ { .what = PLAN_REQUEUE_HELD }, "requeue held" },
		{ { .what = PLAN_HOLD, .begin_time = NOW }, "hold" },
		{ { .what = PLAN_CANCEL }, "cancel" },
		{ { .what = PLAN_ADJUST, .exc_nodes = none },
		  "adjust, exclude nobody" },
		{ { .what = PLAN_NOTHING, .why_not = "the job has ended" },
		  "nothing: the job has ended" },
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		plan_line(&lines[i].p, line);
		assert_string_equal(line, lines[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_where_the_job_is_and_what_was_decided_make_a_plan),
		cmocka_unit_test(test_a_hold_has_the_start_of_its_decision),
		cmocka_unit_test(
		    test_a_held_job_is_still_kept_away_from_suspects),
		cmocka_unit_test(test_a_plan_is_one_line),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
