/* SPDX-License-Identifier: Apache-2.0 */
/* test_end.c - an end is worked out, decided about and acted upon once */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "journal/event.h"
#include "tests/support/testrun.h"
#include "tests/unit/dispatch/world.h"

static void test_a_failed_script_is_requeued(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "requeue 12; start; ");
	assert_true(w->slurm.calls <= 4);
	assert_non_null(strstr(buf_text(&w->say), "attempt 1: failed; retry"));
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "failed");
	assert_int_equal(run_attempt(r, 1)->end->exit_code, 1);
	assert_string_equal(run_attempt(r, 1)->decided->action, "retry");
	run_close(r);
}

static void test_a_completed_script_is_left_alone(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 0), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	assert_string_equal(buf_text(&w->say), "");
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "completed");
	assert_string_equal(run_attempt(r, 1)->decided->action, "none");
	run_close(r);
}

static void test_only_quarantined_chunks_are_not_tried_again(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 65), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
}

static void test_a_node_that_died_is_left_out(void **state)
{
	struct world *w = *state;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	world_requeue(w, "n1");
	w->slurm.down = "n2";
	assert_ok(world_end(w, 143), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "exclude n2; start; ");
	assert_true(w->slurm.calls <= 4);
}

static void report(struct world *w, enum node_report what, const char *node)
{
	struct event e = { .type = EVENT_NODE, .kind = (uint8_t)what,
			   .text = "no fan" };
	struct run *r = world_run(w);
	struct journal_writer *j = journal_open(r, 1, "api", JOURNAL_SMALL,
						&w->err);

	snprintf(e.node, sizeof(e.node), "%s", node);
	assert_true(event_add(j, &e, &w->err));
	assert_ok(journal_commit(j, &w->err), &w->err);
	journal_close(j);
	run_close(r);
}

static void test_a_node_that_the_program_blames_is_left_out(void **state)
{
	struct world *w = *state;
	struct run *r;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	report(w, NODE_FAILED, "n2");
	report(w, NODE_FAILED, "n1");
	report(w, NODE_RECOVERED, "n1");
	report(w, NODE_FAILED, "n77");	/* is none of the job's */
	assert_ok(world_end(w, 1), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "failed");
	assert_string_equal(run_attempt(r, 1)->end->suspects, "n2");
	assert_string_equal(run_attempt(r, 1)->decided->exclude[0].node, "n2");
	assert_non_null(strstr(run_attempt(r, 1)->end->evidence[
			       run_attempt(r, 1)->end->n_evidence - 1],
			       "the program said that n2 failed: no fan"));
	run_close(r);
}

static void test_a_program_that_did_well_blames_nobody(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	report(w, NODE_FAILED, "n2");
	assert_ok(world_end(w, 0), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->suspects, "");
	run_close(r);
}

/* There was no room to leave it out, or somebody has let it in again. */
static void test_a_suspect_that_is_not_left_out_costs_no_fifth_call(void **state)
{
	struct world *w = *state;
	struct fake_slurm *f = &w->slurm;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	world_requeue(w, "n1");
	f->down = "n2";
	assert_ok(world_end(w, 143), &w->err);
	world_restart(w, "n[1-2]", "n1");
	f->exc_nodes[0] = '\0';
	f->down = NULL;
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&f->did), "requeue 12; exclude n2; start; ");
	assert_int_equal(f->calls, 4);
}

/* A root that is not shared: each start is the first, as far as records tell. */
static void test_starts_that_left_no_records_are_counted(void **state)
{
	struct world *w = *state;

	w->moment.restart = w->slurm.restart = 9;
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "0");
	assert_ok(world_end(w, 1), &w->err);
	assert_says(w, "10 of 10 attempts are used up, 9 of which left no "
		    "records");
}

/* "after" has decided and died; the size of the cluster is not known yet. */
static void test_a_decision_of_another_is_acted_upon_in_full(void **state)
{
	struct world *w = *state;
	struct fake_slurm *f = &w->slurm;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	world_requeue(w, "n1");
	f->down = "n2";
	assert_ok(world_end(w, 143), &w->err);
	assert_string_equal(f->exc_nodes, "n2");
	f->exc_nodes[0] = '\0';
	buf_clear(&f->did);
	assert_ok(world_end(w, 143), &w->err);
	assert_string_equal(buf_text(&f->did), "exclude n2; start; ");
	assert_true(f->calls <= 4);
	assert_ok(world_end(w, 143), &w->err);	/* nothing new to be asked */
	assert_true(f->calls <= 3);
}

static void test_what_was_decided_stands(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	w->moment.hint.preset[0] = '\0';	/* would decide nothing */
	strcpy(w->moment.hint.preset, "none");
	assert_ok(world_end(w, 0), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "failed");
	assert_string_equal(run_attempt(r, 1)->decided->action, "retry");
	run_close(r);
}

static void test_a_stale_agent_leaves(void **state)
{
	struct world *w = *state;
	struct moment old;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	old = w->moment;
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	w->moment = old;
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	assert_int_equal(w->slurm.calls, 0);
	r = world_run(w);
	assert_null(run_attempt(r, 2)->end);
	run_close(r);
}

/* The next start is on its way but has not begun: no newer attempt tells. */
static void test_an_agent_leaves_when_slurm_has_gone_on(void **state)
{
	struct world *w = *state;
	struct moment old;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	old = w->moment;
	world_restart(w, "n[3-4]", "n3");
	w->moment = old;
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_null(run_attempt(r, 1)->end);
	run_close(r);
}

/* slurmctld forgot the start and made another, with the same count and on the
 * same node; what is left of the first one ends. */
static void test_an_end_speaks_for_its_own_launch_only(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	w->slurm.start_time += 10;
	assert_ok(world_begin(w), &w->err);
	w->moment.attempt = 1;
	assert_ok(world_end(w, 143), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_null(run_attempt(r, 2)->end);
	run_close(r);
	w->moment.attempt = 2;
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "requeue 12; start; ");
}

/* slurmctld was killed right after the start, and has the node abort it. */
static void test_a_start_that_was_forgotten_is_put_off(void **state)
{
	struct world *w = *state;
	struct fake_slurm *f = &w->slurm;

	assert_ok(world_begin(w), &w->err);
	f->state = JOB_STATE_PENDING;
	f->start_time = 0;
	f->batch_host = "";
	assert_ok(world_end(w, 137), &w->err);
	assert_string_equal(buf_text(&f->did), "start; ");
	assert_in_range(f->begin_time, time(NULL) + 1, time(NULL) + 4);
	/* what somebody wants later still stays so */
	buf_clear(&f->did);
	f->begin_time = time(NULL) + 100;
	assert_ok(world_end(w, 137), &w->err);
	assert_string_equal(buf_text(&f->did), "");
}

/* ---- time passes between the look and the deed ---- */

static int (*real_load_job)(void *state, uint32_t job_id, struct job_view *j,
			    struct belay_error *err);
static struct world *slow_world;
static bool is_slow;

int64_t __real_clock_mono_ns(void);
int64_t __wrap_clock_mono_ns(void);
int64_t __wrap_clock_mono_ns(void)
{
	static int64_t more;

	more += is_slow ? INT64_C(3000000000) : 0;
	return __real_clock_mono_ns() + more;
}

static int load_then_claim(void *state, uint32_t job_id, struct job_view *j,
			   struct belay_error *err)
{
	struct run *r = world_run(slow_world);

	testrun_claim(r, NULL);
	run_close(r);
	return real_load_job(state, job_id, j, err);
}

static int load_then_go_on(void *state, uint32_t job_id, struct job_view *j,
			   struct belay_error *err)
{
	struct fake_slurm *f = state;
	int rc = real_load_job(state, job_id, j, err);

	f->restart++;
	f->start_time += 100;
	return rc;
}

/* What is decided stands, but it is for the attempt that has been claimed. */
static void test_nothing_is_done_once_the_next_attempt_is_claimed(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	slow_world = w;
	real_load_job = w->sched.load_job;
	w->sched.load_job = load_then_claim;
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->by, "end");
	run_close(r);
}

/* The disk hung, and Slurm has meanwhile started the job elsewhere. */
static void test_an_old_word_of_slurm_is_not_acted_upon(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	real_load_job = w->sched.load_job;
	w->sched.load_job = load_then_go_on;
	is_slow = true;
	assert_ok(world_end(w, 1), &w->err);
	is_slow = false;
	assert_string_equal(buf_text(&w->slurm.did), "");
	assert_int_equal(w->slurm.calls, 2);
}

static void test_a_job_that_never_began_has_no_end(void **state)
{
	struct world *w = *state;

	assert_fails(world_end(w, 1), &w->err, BELAY_ENOENT, "cannot open");
	assert_int_equal(w->slurm.calls, 0);
}

static void remove_below(struct world *w, const char *what)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -r '%s/%s'", w->dir->path, what);
	assert_int_equal(system(command), 0);
}

/* Whatever of it is left. */
static void test_a_run_that_is_gone_is_missed(void **state)
{
	static const char *const parts[] = { "c/12", "c/jobs", "c" };
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++) {
		assert_ok(world_begin(w), &w->err);
		remove_below(w, parts[i]);
		assert_fails(world_end(w, 1), &w->err, BELAY_ENOENT,
			     "its run is gone: ");
		assert_non_null(strstr(w->err.text, "; this job is unprotected "
				       "from here on"));
		assert_string_equal(buf_text(&w->slurm.did), "");
		assert_ok(world_after(w, "n2"), &w->err);
	}
}

static void test_a_run_of_a_newer_format_is_left_alone(void **state)
{
	struct world *w = *state;
	char path[600];
	FILE *f;

	assert_ok(world_begin(w), &w->err);
	snprintf(path, sizeof(path), "%s/c/12/run.json", w->dir->path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("{\"format\": 2}\n", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/c/12/attempts/000001/end.json",
		 w->dir->path);
	assert_fails(world_end(w, 1), &w->err, BELAY_ECORRUPT,
		     "format 2 is not known; a newer belay wrote it");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(world_after(w, "n2"), -1);
	assert_int_equal(access(path, F_OK), -1);
	assert_string_equal(buf_text(&w->slurm.did), "");
	world_restart(w, "n[1-2]", "n1");
	assert_fails(world_begin(w), &w->err, BELAY_ECORRUPT,
		     "format 2 is not known; a newer belay wrote it");
	assert_string_equal(buf_text(&w->env), "");
}

static void test_slurmctld_away_is_waited_for(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	w->slurm.away = true;
	assert_fails(world_end(w, 1), &w->err, BELAY_EFAILED, "away");
	assert_int_equal(w->err.sys, EAGAIN);
	r = world_run(w);
	assert_null(run_attempt(r, 1)->end);
	run_close(r);
	w->slurm.away = false;
	assert_ok(world_end(w, 1), &w->err);
	assert_string_equal(buf_text(&w->slurm.did), "requeue 12; start; ");
}

static void test_without_slurm_the_end_is_recorded_all_the_same(void **state)
{
	struct world *w = *state;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	w->slurm.away = true;
	w->moment.without_slurm = true;
	assert_ok(world_end(w, 3), &w->err);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->cause, "failed");
	assert_string_equal(run_attempt(r, 1)->decided->action, "retry");
	run_close(r);
}

static int end_in_child(struct world *w, int exit_status)
{
	int pid = fork();

	if (pid == 0)
		_exit(world_end(w, exit_status) < 0);
	return pid;
}

static void test_many_at_once_decide_once(void **state)
{
	struct world *w = *state;
	int status, failed = 0;
	struct run *r;

	assert_ok(world_begin(w), &w->err);
	for (int i = 0; i < 4; i++)
		assert_true(end_in_child(w, i + 1) > 0);
	while (wait(&status) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
	r = world_run(w);
	assert_in_range(run_attempt(r, 1)->end->exit_code, 1, 4);
	assert_string_equal(run_attempt(r, 1)->decided->action, "retry");
	assert_int_equal(r->n_attempts, 1);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_a_failed_script_is_requeued),
		TEST_IN_WORLD(test_a_completed_script_is_left_alone),
		TEST_IN_WORLD(test_only_quarantined_chunks_are_not_tried_again),
		TEST_IN_WORLD(test_a_node_that_died_is_left_out),
		TEST_IN_WORLD(test_a_node_that_the_program_blames_is_left_out),
		TEST_IN_WORLD(test_a_program_that_did_well_blames_nobody),
		TEST_IN_WORLD(
		    test_a_suspect_that_is_not_left_out_costs_no_fifth_call),
		TEST_IN_WORLD(test_starts_that_left_no_records_are_counted),
		TEST_IN_WORLD(test_a_decision_of_another_is_acted_upon_in_full),
		TEST_IN_WORLD(test_what_was_decided_stands),
		TEST_IN_WORLD(test_a_stale_agent_leaves),
		TEST_IN_WORLD(test_an_agent_leaves_when_slurm_has_gone_on),
		TEST_IN_WORLD(test_an_end_speaks_for_its_own_launch_only),
		TEST_IN_WORLD(test_a_start_that_was_forgotten_is_put_off),
		TEST_IN_WORLD(test_nothing_is_done_once_the_next_attempt_is_claimed),
		TEST_IN_WORLD(test_an_old_word_of_slurm_is_not_acted_upon),
		TEST_IN_WORLD(test_a_job_that_never_began_has_no_end),
		TEST_IN_WORLD(test_a_run_that_is_gone_is_missed),
		TEST_IN_WORLD(test_a_run_of_a_newer_format_is_left_alone),
		TEST_IN_WORLD(test_slurmctld_away_is_waited_for),
		TEST_IN_WORLD(
		    test_without_slurm_the_end_is_recorded_all_the_same),
		TEST_IN_WORLD(test_many_at_once_decide_once),
	};

	return cmocka_run_group_tests_name("end", tests, NULL, NULL);
}
