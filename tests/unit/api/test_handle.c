/* SPDX-License-Identifier: Apache-2.0 */
/* test_handle.c - who may use a handle, and what it knows of its attempt */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chunk/state.h"
#include "tests/support/handles.h"

static uint64_t beats_of(struct run *r, struct tmpdir *d)
{
	struct chunk_state *s = chunk_state_load(r, &d->err);
	uint64_t n;

	assert_non_null(s);
	n = s->beats;
	chunk_state_free(s);
	return n;
}

#define assert_no_open(d, options, want, words)				\
	assert_fails(belay_open(options, &(d)->err) ? 0 : -1, &(d)->err, want, \
		     words)

static void test_outside_of_a_job_there_is_no_run(void **state)
{
	struct tmpdir *d = *state;

	unsetenv("BELAY_RUN_DIR");
	unsetenv("BELAY_UNPROTECTED");
	assert_no_open(d, NULL, BELAY_ENOENT, "not inside an attempt");
	setenv("BELAY_UNPROTECTED", "the disk is full", 1);
	assert_no_open(d, NULL, BELAY_ENOENT, "unprotected: the disk is full");
	setenv("BELAY_FENCED", "1", 1);
	assert_no_open(d, NULL, BELAY_EFENCED, "the disk is full");
}

static void test_options_are_checked(void **state)
{
	static const struct {
		struct belay_options options;
		const char *words;
	} cases[] = {
		{ { .size = 0 }, "begin with BELAY_OPTIONS_INIT" },
		{ { .size = sizeof(cases[0].options), .batch = 1 },
		  "rank 0 of 0" },
		{ { .size = sizeof(cases[0].options), .batch = 1, .rank = 3,
		    .ranks = 3 }, "rank 3 of 3" },
		{ { .size = sizeof(cases[0].options), .ranks = 1 },
		  "at least 1" },
	};
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);

	handles_enter(r, testrun_begin(r, d));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_no_open(d, &cases[i].options, BELAY_EINVAL,
			       cases[i].words);
	run_close(r);
}

/* Members are only ever added, at the end. */
static void test_an_older_programs_options_are_taken(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay_options old = { .size = offsetof(struct belay_options,
						      threads),
				     .ranks = 4, .rank = 2, .batch = 8,
				     .threads = 99 };
	struct belay *b;

	handles_enter(r, testrun_begin(r, d));
	b = belay_open(&old, &d->err);
	assert_non_null(b);
	assert_int_equal(belay_info(b)->rank, 2);
	assert_int_equal(belay_info(b)->ranks, 4);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_a_handle_knows_its_attempt(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	const struct belay_info *i;
	struct belay *b;

	testrun_begin(r, d);
	testrun_end(r, 1, "node_fail", "n2", d);
	handles_enter(r, testrun_begin(r, d));
	setenv("BELAY_ATTEMPTS_LEFT", "8", 1);
	b = belay_open(NULL, &d->err);
	assert_non_null(b);
	i = belay_info(b);
	assert_string_equal(i->run, "12");
	assert_string_equal(i->run_dir, r->dir);
	assert_string_equal(i->cluster, "mc");
	assert_int_equal(i->attempt, 2);
	assert_string_equal(i->previous_cause, "node_fail");
	assert_string_equal(i->previous_nodes, "n[1-2]");
	assert_string_equal(i->suspect_nodes, "n2");
	assert_string_equal(i->node, "n1");
	assert_int_equal(i->attempts_left, 8);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_an_older_attempt_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b;

	testrun_begin(r, d);
	b = handles_open(r, 1, 1, d);
	testrun_begin(r, d);
	handles_enter(r, 1);
	assert_no_open(d, NULL, BELAY_EFENCED, "attempt 2 has begun");
	assert_fails(belay_beat(b, &d->err), &d->err, BELAY_EFENCED,
		     "attempt 2 has begun");
	belay_close(b, 0, NULL);
	assert_int_equal(beats_of(r, d), 0);
	run_close(r);
}

static void test_beats_are_recorded_once_a_second(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b;

	b = handles_open(r, testrun_begin(r, d), 1, d);
	for (int i = 0; i < 100; i++)
		assert_ok(belay_beat(b, &d->err), &d->err);
	assert_in_range(beats_of(r, d), 1, 50);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_a_child_may_only_free_it(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = handles_open(r, testrun_begin(r, d), 1, d);
	int status;
	pid_t pid;

	assert_ok(belay_beat(b, &d->err), &d->err);
	pthread_mutex_lock((pthread_mutex_t *)b);	/* as another thread */
	pid = fork();
	if (!pid) {
		bool refused = belay_beat(b, &d->err) < 0 &&
			       d->err.code == BELAY_EINVAL &&
			       strstr(d->err.text, "opened this handle");

		_exit(refused && belay_close(b, 0, NULL) == 0 ? 0 : 1);
	}
	pthread_mutex_unlock((pthread_mutex_t *)b);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(belay_flush(b, &d->err), &d->err);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_nothing_is_said_of_no_handle(void **state)
{
	struct tmpdir *d = *state;

	assert_null(belay_info(NULL));
	assert_fails(belay_flush(NULL, &d->err), &d->err, BELAY_EINVAL,
		     "no run is open");
	assert_int_equal(belay_close(NULL, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_outside_of_a_job_there_is_no_run),
		TEST_IN_TMPDIR(test_options_are_checked),
		TEST_IN_TMPDIR(test_an_older_programs_options_are_taken),
		TEST_IN_TMPDIR(test_a_handle_knows_its_attempt),
		TEST_IN_TMPDIR(test_an_older_attempt_is_refused),
		TEST_IN_TMPDIR(test_beats_are_recorded_once_a_second),
		TEST_IN_TMPDIR(test_a_child_may_only_free_it),
		TEST_IN_TMPDIR(test_nothing_is_said_of_no_handle),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
