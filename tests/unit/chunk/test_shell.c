/* SPDX-License-Identifier: Apache-2.0 */
/* test_shell.c - processes of several nodes share chunks, and may die */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "chunk/node_lock.h"
#include "chunk/blocks.h"
#include "chunk/session.h"
#include "tests/support/damage.h"
#include "tests/support/testrun.h"

/* ---- which node we are ---- */

static const char *host = "n1";

int __wrap_gethostname(char *name, size_t size);
int __wrap_gethostname(char *name, size_t size)
{
	snprintf(name, size, "%s", host);
	return 0;
}

/* ---- a process per word ---- */

static int claim(struct run *r, const char *node, uint64_t count,
		 uint64_t *chunk, struct tmpdir *d)
{
	struct chunk_shell *sh;
	uint64_t unfinished;
	int rc;

	host = node;
	sh = chunk_shell_open(r, 1, NULL, &d->err);
	assert_non_null(sh);
	rc = chunk_shell_claim(sh, "main", count, 3, chunk, &unfinished,
			       &d->err);
	chunk_shell_close(sh);
	return rc;
}

static void assert_claims(struct run *r, const char *node, uint64_t want,
			  struct tmpdir *d)
{
	uint64_t chunk;
	int rc = claim(r, node, 600, &chunk, d);

	if (rc != 1)
		fail_msg("%d: %s", rc, d->err.text);
	assert_int_equal(chunk, want);
}

static void done(struct run *r, const char *node, uint64_t chunk,
		 struct tmpdir *d)
{
	struct chunk_shell *sh;

	host = node;
	sh = chunk_shell_open(r, 1, NULL, &d->err);
	assert_non_null(sh);
	assert_ok(chunk_shell_done(sh, "main", chunk, &d->err), &d->err);
	chunk_shell_close(sh);
}

static enum chunk_status status_of(struct run *r, uint64_t chunk,
				   struct tmpdir *d)
{
	struct chunk_state *s = chunk_state_load(r, &d->err);
	enum chunk_status status;

	assert_non_null(s);
	status = chunk_set_find(s, "main")->status[chunk];
	chunk_state_free(s);
	return status;
}

/* ---- tests ---- */

static void test_nodes_work_through_different_blocks(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);

	testrun_begin(r, d);
	/* 600 chunks: blocks of three */
	assert_claims(r, "n1", 0, d);
	assert_claims(r, "n2", 3, d);
	assert_claims(r, "n1", 1, d);
	assert_claims(r, "n1", 2, d);
	assert_claims(r, "n1", 6, d);
	assert_claims(r, "n2", 4, d);
	run_close(r);
}

static void test_what_is_done_elsewhere_is_not_given_again(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);

	testrun_begin(r, d);
	assert_claims(r, "n1", 0, d);
	done(r, "n2", 1, d);
	done(r, "n2", 0, d);
	assert_claims(r, "n1", 2, d);
	assert_int_equal(status_of(r, 0, d), CHUNK_DONE);
	assert_int_equal(status_of(r, 2, d), CHUNK_RUNNING);
	run_close(r);
}

static void take_block(struct run *r, const char *node, uint64_t block,
		       struct tmpdir *d)
{
	struct chunk_state *s = chunk_state_load(r, &d->err);
	struct chunk_shell *sh;
	struct chunk_blocks b;

	host = node;
	sh = chunk_shell_open(r, 1, NULL, &d->err);
	assert_ok(chunk_blocks_open(&b, sh->run, sh->attempt, sh->name,
				    chunk_set_find(s, "main"),
				    &d->err), &d->err);
	assert_int_equal(chunk_block_take(&b, block, &d->err), 1);
	chunk_blocks_close(&b);
	chunk_shell_close(sh);
	chunk_state_free(s);
}

static void test_a_block_taken_by_a_process_that_died_is_not_lost(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	uint64_t chunk;

	testrun_begin(r, d);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	take_block(r, "n1", 1, d);	/* and it dies before it says so */
	assert_int_equal(claim(r, "n2", 2, &chunk, d), 0);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	assert_int_equal(chunk, 1);
	run_close(r);
}

static int fail_one(struct run *r, uint64_t chunk, struct tmpdir *d)
{
	struct chunk_shell *sh = chunk_shell_open(r, 1, NULL, &d->err);
	int rc;

	assert_non_null(sh);
	rc = chunk_shell_fail(sh, "main", chunk, "boom", true, 2, &d->err);
	chunk_shell_close(sh);
	return rc;
}

static void check_claim(const char *damage, const struct bytes *bad, void *arg)
{
	struct tmpdir *d = arg;
	struct run *r = testrun_open(d);
	uint64_t chunk;
	char path[600];

	snprintf(path, sizeof(path), "%s/attempts/000001/claims/main.0", r->dir);
	damage_write(path, bad);
	if (claim(r, "n1", 2, &chunk, d) != -1)
		fail_msg("%s: it is believed", damage);
	assert_non_null(strstr(d->err.text, "'attempts/000001/claims/main.0'"));
	run_close(r);
}

static void test_a_damaged_claim_is_said_and_not_believed(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct bytes good, other;
	uint64_t chunk;
	char path[600];

	testrun_begin(r, d);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	fail_one(r, chunk, d);		/* so that it is to be had again */
	take_block(r, "n2", 1, d);
	host = "n1";
	snprintf(path, sizeof(path), "%s/attempts/000001/claims/main.1", r->dir);
	other = damage_read(path);
	path[strlen(path) - 1] = '0';
	good = damage_read(path);
	assert_true(damage_each(&good, &other, 7, check_claim, d) > 50);
	damage_write(path, &good);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	assert_int_equal(chunk, 0);
	free(good.data);
	free(other.data);
	run_close(r);
}

static void test_what_failed_comes_last(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	uint64_t chunk;

	testrun_begin(r, d);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	assert_int_equal(fail_one(r, 0, d), 1);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	assert_int_equal(chunk, 1);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 1);
	assert_int_equal(chunk, 0);
	assert_int_equal(fail_one(r, 0, d), 0);
	assert_int_equal(claim(r, "n1", 2, &chunk, d), 0);
	assert_int_equal(status_of(r, 0, d), CHUNK_QUARANTINED);
	run_close(r);
}

/* It is stopped in the middle, or its disk hangs. */
static void test_what_an_older_attempt_left_here_is_not_waited_for(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct chunk_shell *old, *new;
	int64_t before;

	host = "n1";
	old = chunk_shell_open(r, testrun_begin(r, d), NULL, &d->err);
	assert_non_null(old);
	before = clock_mono_ns();
	new = chunk_shell_open(r, testrun_begin(r, d), NULL, &d->err);
	assert_non_null(new);
	assert_true(clock_mono_ns() - before < INT64_C(5000000000));
	chunk_shell_close(new);
	chunk_shell_close(old);
	run_close(r);
}

static void test_another_size_of_the_set_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	uint64_t chunk;

	testrun_begin(r, d);
	assert_fails(claim(r, "n1", 0, &chunk, d), &d->err, BELAY_ENOENT,
		     "no set 'main' in this run; --chunks N defines it");
	assert_int_equal(claim(r, "n1", 10, &chunk, d), 1);
	assert_fails(claim(r, "n2", 11, &chunk, d), &d->err, BELAY_ECONFIG,
		     "set 'main' has 10 chunks in this run, not 11");
	run_close(r);
}

/* A child of that user holds the name until it is killed; it says when. */
static pid_t hold(const char *name, uid_t uid)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (setresuid(uid, uid, uid) < 0 ||
		    node_lock(name, 0, NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void test_a_killed_process_releases_the_node(void **state)
{
	struct tmpdir *d = *state;
	char name[64];
	int64_t begin;
	pid_t pid;
	int fd;

	snprintf(name, sizeof(name), "belay-test-%d", (int)getpid());
	pid = hold(name, getuid());
	assert_fails(node_lock(name, 20, &d->err), &d->err, BELAY_EBUSY,
		     "other processes of this node record");
	kill(pid, SIGKILL);
	begin = clock_mono_ns();
	fd = node_lock(name, 5000, &d->err);
	assert_true(fd >= 0);
	assert_true(clock_mono_ns() - begin < 1000000000);
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	fd = node_lock(name, 0, &d->err);
	assert_true(fd >= 0);
	close(fd);
}

static void test_a_stranger_who_keeps_us_from_recording_is_named(void **state)
{
	struct tmpdir *d = *state;
	char name[64], words[64];
	pid_t pid;

	if (getuid() != 0)
		skip();
	snprintf(name, sizeof(name), "belay-test-%d", (int)getpid());
	pid = hold(name, 4711);
	snprintf(words, sizeof(words), "process %d of user 4711 keeps",
		 (int)pid);
	assert_fails(node_lock(name, 20, &d->err), &d->err, BELAY_EFAILED,
		     words);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_nodes_work_through_different_blocks),
		TEST_IN_TMPDIR(test_what_is_done_elsewhere_is_not_given_again),
		TEST_IN_TMPDIR(
			test_a_block_taken_by_a_process_that_died_is_not_lost),
		TEST_IN_TMPDIR(test_a_damaged_claim_is_said_and_not_believed),
		TEST_IN_TMPDIR(test_what_failed_comes_last),
		TEST_IN_TMPDIR(test_what_an_older_attempt_left_here_is_not_waited_for),
		TEST_IN_TMPDIR(test_another_size_of_the_set_is_refused),
		TEST_IN_TMPDIR(test_a_killed_process_releases_the_node),
		TEST_IN_TMPDIR(
		    test_a_stranger_who_keeps_us_from_recording_is_named),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
