/* SPDX-License-Identifier: Apache-2.0 */
/* test_begin.c - an attempt begins where the one before has left off */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checkpoint/checkpoint.h"
#include "tests/unit/dispatch/world.h"

static const char *unreadable;		/* an entry that gives ESTALE */
static int unreadable_times;

int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...)
{
	if (unreadable && !strcmp(name, unreadable) && unreadable_times-- > 0) {
		errno = ESTALE;
		return -1;
	}
	return __real_openat(dirfd, name, flags, 0600);
}

static const char *fails_to_publish;

int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (fails_to_publish && !strcmp(to, fails_to_publish)) {
		errno = EIO;
		return -1;
	}
	return __real_linkat(a, from, b, to, flags);
}

static void test_the_first_attempt_starts(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12");
	assert_env(w, "BELAY_ATTEMPT", "1");
	assert_env(w, "BELAY_ACTION", "start");
	assert_env(w, "BELAY_CHUNKS_DONE", "0");
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "9");
	assert_env(w, "BELAY_ROOT", w->dir->path);
	assert_null(world_env(w, "BELAY_PREVIOUS_CAUSE"));
	assert_null(world_env(w, "BELAY_CHECKPOINT"));
	assert_string_equal(buf_text(&w->say), "");
	assert_int_equal(w->slept_ms, 0);
	assert_true(w->slurm.calls <= 3);
}

static void test_a_root_that_will_not_do_is_said_with_a_remedy(void **state)
{
	struct world *w = *state;

	strcat(w->moment.root, "/file");
	close(openat(w->dir->fd, "file", O_CREAT | O_WRONLY, 0600));
	assert_fails(world_begin(w), &w->err, BELAY_ECONFIG,
		     "/file: cannot open directory 'file': Not a directory (");
	assert_non_null(strstr(w->err.text, "'s); --belay-root=DIR names "
					    "another place"));
	assert_int_equal(w->slurm.calls, 0);
	/* and later there is nothing more to say */
	assert_ok(world_after(w, "n2"), &w->err);
}

static void test_a_failed_attempt_is_followed_by_another(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[3-4]", "n3");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_ACTION", "retry");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "failed");
	assert_env(w, "BELAY_PREVIOUS_NODES", "n[1-2]");
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "8");
	assert_null(world_env(w, "BELAY_SUSPECT_NODES"));
	/* the end knows nothing of n2, which may be cut off */
	assert_in_range(w->slept_ms, 1, 2000);
}

static void test_whoever_had_one_node_and_said_its_end_has_stopped(void **state)
{
	struct world *w = *state;

	strcpy(w->moment.nodes, "n1");
	w->slurm.nodes = "n1";
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n3", "n3");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_int_equal(w->slept_ms, 0);
}

/* ---- a start that was held up until the job ran elsewhere ---- */

static void comes_too_late(struct world *w, const struct moment *old, int sys)
{
	struct run *r;

	w->moment = *old;
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED,
		     "this start of job 12 (restart 0) comes too late: the job "
		     "runs on n[3-4] since (restart 1)");
	assert_int_equal(w->err.sys, sys);
	assert_string_equal(buf_text(&w->slurm.did), "");
	r = world_run(w);
	assert_int_equal(run_newest_number(r), 1);
	run_close(r);
}

static void test_a_start_that_comes_too_late_claims_nothing(void **state)
{
	struct world *w = *state;
	struct moment old = w->moment;

	world_restart(w, "n[3-4]", "n3");
	assert_ok(world_begin(w), &w->err);
	comes_too_late(w, &old, ECANCELED);
	w->slurm.away = true;
	comes_too_late(w, &old, ECANCELED);
	strcpy(old.node, "n4");		/* where attempt 1 is at work, too */
	comes_too_late(w, &old, 0);
}

/* slurmctld forgot a start, and started the job again: the count is the same. */
static void test_a_start_that_slurm_has_forgotten_claims_nothing(void **state)
{
	struct world *w = *state;
	struct moment old = w->moment;

	world_restart(w, "n[3-4]", "n3");
	w->moment.restart = w->slurm.restart = 0;
	assert_ok(world_begin(w), &w->err);
	w->moment = old;
	assert_fails(world_begin(w), &w->err, BELAY_EFENCED, "comes too late");
	assert_int_equal(w->err.sys, ECANCELED);
}

static void test_an_attempt_without_an_end_is_looked_into(void **state)
{
	struct world *w = *state;
	struct run *r;

	strcpy(w->moment.hint.preset, "high-availability");
	assert_ok(world_begin(w), &w->err);
	w->slurm.down = "n1";
	world_restart(w, "n[2-3]", "n2");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ACTION", "failover");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "node_fail");
	assert_env(w, "BELAY_SUSPECT_NODES", "n1");
	assert_in_range(w->slept_ms, 1, 2000);
	assert_true(w->slurm.calls <= 3);
	r = world_run(w);
	assert_string_equal(run_attempt(r, 1)->end->by, "begin");
	assert_string_equal(run_attempt(r, 1)->decided->by, "begin");
	run_close(r);
}

static void test_slurmctld_away_does_not_keep_a_job_from_starting(void **state)
{
	struct world *w = *state;

	w->slurm.away = true;
	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ATTEMPT", "2");
	assert_env(w, "BELAY_ACTION", "retry");
	assert_env(w, "BELAY_PREVIOUS_CAUSE", "vanished");
}

static void test_what_is_unusual_is_said(void **state)
{
	struct world *w = *state;

	w->moment.restart = w->slurm.restart = 3;
	w->slurm.no_requeue = true;
	assert_ok(world_begin(w), &w->err);
	assert_says(w, "this is restart 3, but run '12' has no history");
	assert_env(w, "BELAY_ATTEMPTS_LEFT", "6");
	assert_says(w, "may not be requeued");
	w->moment.restart++;
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_says(w, "1 start of this job since attempt 1 never got as far");
	assert_null(strstr(buf_text(&w->say), "may not be requeued"));
}

static void test_another_submission_is_another_run(void **state)
{
	struct world *w = *state;

	assert_ok(world_begin(w), &w->err);
	w->moment.hint.submission[0] = 'f';
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_RUN", "12.2");
	assert_env(w, "BELAY_ATTEMPT", "1");
	assert_says(w, "this one is '12.2'");
}

/* An agent that is killed there leaves what an epilog finds. */
static void test_what_has_begun_can_be_found_by_its_job(void **state)
{
	struct world *w = *state;
	char name[RUN_NAME_SIZE];

	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[1-2]", "n1");
	w->moment.job_id = w->slurm.job_id = 14;
	fails_to_publish = "begin.json";
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED, "begin.json");
	fails_to_publish = NULL;
	assert_ok(run_of_job(w->moment.root, "c", 14, "", name, &w->err),
		  &w->err);
}

static void test_a_run_that_is_to_end_is_cancelled_by_begin(void **state)
{
	struct world *w = *state;

	world_policy(w, "version: 1\npreset: standard\n"
			"attempts: {max: 1, give_up: fail}\n");
	assert_ok(world_begin(w), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED,
		     "attempt 1 is not to be followed by another: ");
	assert_string_equal(buf_text(&w->slurm.did), "cancel 12; ");
}

static void test_a_lost_policy_leaves_its_preset(void **state)
{
	struct world *w = *state;

	memset(w->moment.hint.policy, 'a', 64);
	assert_ok(world_begin(w), &w->err);
	assert_says(w, "the policy cannot be read, 'standard' is in its place");
}

/* Whoever asks why shall not think that the owner wanted it so. */
static void test_a_decision_without_the_policy_says_so(void **state)
{
	struct world *w = *state;
	const struct decided *d;
	struct run *r;

	memset(w->moment.hint.policy, 'a', 64);
	assert_ok(world_begin(w), &w->err);
	assert_ok(world_end(w, 1), &w->err);
	r = world_run(w);
	d = run_attempt(r, 1)->decided;
	assert_string_equal(d->policy, "standard");
	assert_ptr_equal(strstr(d->reason, "the policy cannot be read, "
				"'standard' is in its place; the script "
				"failed; "), d->reason);
	run_close(r);
}

/* ---- checkpoints ---- */

static uint64_t checkpoint(struct world *w, unsigned attempt)
{
	struct checkpoint_options opt = { 0 };
	struct run *r = world_run(w);
	char *staging = checkpoint_stage(r, attempt, &w->err);
	char path[512];
	uint64_t id;
	FILE *f;

	assert_non_null(staging);
	snprintf(path, sizeof(path), "%s/state", staging);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("42\n", f);
	fclose(f);
	id = checkpoint_commit(r, attempt, staging, &opt, &w->err);
	if (!id)
		fail_msg("%s", w->err.text);
	free(staging);
	run_close(r);
	return id;
}

static void damage(struct world *w, uint64_t id)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/c/12/checkpoints/%06u/state",
		 w->dir->path, (unsigned)id);
	assert_int_equal(remove(path), 0);
}

/* Attempt 1 leaves two checkpoints, and a script that failed. */
static void leave_checkpoints(struct world *w, const char *preset)
{
	strcpy(w->moment.hint.preset, preset);
	assert_ok(world_begin(w), &w->err);
	checkpoint(w, 1);
	checkpoint(w, 1);
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[1-2]", "n1");
}

static void test_the_newest_good_checkpoint_is_offered(void **state)
{
	struct world *w = *state;

	leave_checkpoints(w, "checkpoint-recovery");
	damage(w, 2);
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ACTION", "restore");
	assert_env(w, "BELAY_CHECKPOINT_ID", "1");
	assert_non_null(strstr(world_env(w, "BELAY_CHECKPOINT"),
			       "/c/12/checkpoints/000001"));
	assert_says(w, "checkpoint 2 is damaged");
}

/* A mark is for ever. */
static void test_what_cannot_be_read_now_is_not_marked_as_damaged(void **state)
{
	struct world *w = *state;

	leave_checkpoints(w, "checkpoint-recovery");
	unreadable = "state";
	unreadable_times = 1;	/* the newest is looked at first */
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "1");
	assert_says(w, "checkpoint 2 cannot be read: ");
	unreadable = NULL;
	assert_ok(world_end(w, 1), &w->err);
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "2");
}

/* Nor does it hold the job: the script starts without us. */
static void test_a_disk_that_does_not_answer_holds_no_job(void **state)
{
	struct world *w = *state;

	leave_checkpoints(w, "checkpoint-recovery");
	buf_clear(&w->slurm.did);
	unreadable = "state";
	unreadable_times = 100;
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED,
		     "no checkpoint of run '12' can be read now");
	unreadable = NULL;
	assert_int_not_equal(w->err.sys, ECANCELED);
	assert_string_equal(buf_text(&w->slurm.did), "");
	w->moment.restart++;
	w->slurm.restart++;
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "2");
}

/* The next begin will see. */
static void test_what_cannot_be_read_now_does_not_stop_a_run(void **state)
{
	struct world *w = *state;

	strcpy(w->moment.hint.preset, "checkpoint-recovery");
	assert_ok(world_begin(w), &w->err);
	checkpoint(w, 1);
	unreadable = "MANIFEST";
	unreadable_times = 100;
	assert_ok(world_end(w, 1), &w->err);
	unreadable = NULL;
	assert_string_equal(buf_text(&w->slurm.did), "requeue 12; start; ");
}

static void test_a_retry_is_offered_no_checkpoint(void **state)
{
	struct world *w = *state;

	leave_checkpoints(w, "standard");
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_ACTION", "retry");
	assert_null(world_env(w, "BELAY_CHECKPOINT"));
	assert_null(world_env(w, "BELAY_CHECKPOINT_ID"));
}

static void test_damage_to_all_of_them_is_for_a_person(void **state)
{
	struct world *w = *state;

	leave_checkpoints(w, "checkpoint-recovery");
	damage(w, 1);
	damage(w, 2);
	assert_fails(world_begin(w), &w->err, BELAY_EFAILED,
		     "every checkpoint is damaged");
	assert_string_equal(buf_text(&w->slurm.did),
			    "requeue 12; hold 12; start; ");
	/* who releases it has it start without one */
	world_restart(w, "n[1-2]", "n1");
	assert_ok(world_begin(w), &w->err);
	assert_null(world_env(w, "BELAY_CHECKPOINT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_the_first_attempt_starts),
		TEST_IN_WORLD(
		    test_a_root_that_will_not_do_is_said_with_a_remedy),
		TEST_IN_WORLD(test_a_failed_attempt_is_followed_by_another),
		TEST_IN_WORLD(test_whoever_had_one_node_and_said_its_end_has_stopped),
		TEST_IN_WORLD(test_a_start_that_comes_too_late_claims_nothing),
		TEST_IN_WORLD(test_a_start_that_slurm_has_forgotten_claims_nothing),
		TEST_IN_WORLD(test_an_attempt_without_an_end_is_looked_into),
		TEST_IN_WORLD(
		    test_slurmctld_away_does_not_keep_a_job_from_starting),
		TEST_IN_WORLD(test_what_is_unusual_is_said),
		TEST_IN_WORLD(test_another_submission_is_another_run),
		TEST_IN_WORLD(test_what_has_begun_can_be_found_by_its_job),
		TEST_IN_WORLD(test_a_run_that_is_to_end_is_cancelled_by_begin),
		TEST_IN_WORLD(test_a_lost_policy_leaves_its_preset),
		TEST_IN_WORLD(test_a_decision_without_the_policy_says_so),
		TEST_IN_WORLD(test_the_newest_good_checkpoint_is_offered),
		TEST_IN_WORLD(test_what_cannot_be_read_now_is_not_marked_as_damaged),
		TEST_IN_WORLD(test_a_disk_that_does_not_answer_holds_no_job),
		TEST_IN_WORLD(test_what_cannot_be_read_now_does_not_stop_a_run),
		TEST_IN_WORLD(test_a_retry_is_offered_no_checkpoint),
		TEST_IN_WORLD(test_damage_to_all_of_them_is_for_a_person),
	};

	return cmocka_run_group_tests_name("begin", tests, NULL, NULL);
}
