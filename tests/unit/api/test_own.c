/* SPDX-License-Identifier: Apache-2.0 */
/* test_own.c - a run that a program begins itself, by name */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/state.h"
#include "tests/support/handles.h"

static struct belay *try_to_open(struct tmpdir *d, const char *name)
{
	struct belay_options options = BELAY_OPTIONS_INIT;

	unsetenv("SLURM_JOB_ID");
	options.run = name;
	options.root = d->path;
	return belay_open(&options, &d->err);
}

static struct belay *open_named(struct tmpdir *d, const char *name)
{
	struct belay *b = try_to_open(d, name);

	if (!b)
		fail_msg("%s", d->err.text);
	return b;
}

/* The cause of the newest attempt of a run that is open nowhere. */
static void assert_over(struct tmpdir *d, const char *name, unsigned attempt,
			const char *cause)
{
	struct run *r = run_open(d->path, NULL, name, &d->err);
	const struct attempt *a = r ? run_newest(r) : NULL;

	assert_non_null(a);
	assert_int_equal(a->number, attempt);
	assert_non_null(a->end);
	assert_string_equal(a->end->cause, cause);
	assert_string_equal(a->end->by, "program");
	assert_non_null(a->decided);
	run_close(r);
}

static void test_a_named_run_goes_on_where_it_was(void **state)
{
	struct tmpdir *d = *state;
	struct belay *b = open_named(d, "mine");
	uint64_t chunk;

	assert_string_equal(belay_info(b)->run, "mine");
	assert_string_equal(belay_info(b)->cluster, "local");
	assert_string_equal(belay_info(b)->action, "start");
	assert_int_equal(belay_info(b)->attempts_left, -1);
	assert_ok(belay_chunks(b, NULL, 3, &d->err), &d->err);
	assert_ok(belay_chunk_done(b, NULL, 0, &d->err), &d->err);
	assert_ok(belay_close(b, 9, &d->err), &d->err);
	assert_over(d, "mine", 1, "failed");
	b = open_named(d, "mine");
	assert_int_equal(belay_info(b)->attempt, 2);
	assert_string_equal(belay_info(b)->action, "retry");
	assert_string_equal(belay_info(b)->previous_cause, "failed");
	assert_int_equal(belay_info(b)->chunks_done, 1);
	assert_ok(belay_chunks(b, NULL, 3, &d->err), &d->err);
	assert_int_equal(belay_chunk_next(b, NULL, &chunk, &d->err), 1);
	assert_int_equal(chunk, 1);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	assert_over(d, "mine", 2, "completed");
}

/* The child holds it until the pipe is closed, and then is gone without a
 * word. */
static void test_one_process_holds_it(void **state)
{
	struct tmpdir *d = *state;
	int ready[2], go[2];
	struct belay *b;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (!pid) {
		close(go[1]);
		b = try_to_open(d, "held");
		if (!b || write(ready[1], "x", 1) != 1)
			_exit(1);
		while (read(go[0], &byte, 1) > 0)
			;
		_exit(0);
	}
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_fails(try_to_open(d, "held") ? 0 : -1, &d->err, BELAY_EBUSY,
		     "works on run 'held'");
	close(go[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	b = open_named(d, "held");
	assert_int_equal(belay_info(b)->attempt, 2);
	assert_string_equal(belay_info(b)->previous_cause, "vanished");
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	close(ready[0]);
	close(ready[1]);
}

static void test_the_same_process_holds_it_too(void **state)
{
	struct tmpdir *d = *state;
	struct belay *b = open_named(d, "mine"), *other;
	char root[sizeof(d->path)];

	assert_fails(try_to_open(d, "mine") ? 0 : -1, &d->err, BELAY_EBUSY,
		     "this process works on run 'mine' already; close it first");
	/* and by another way to it */
	memcpy(root, d->path, sizeof(root));
	snprintf(d->path, sizeof(d->path), "/proc/self/cwd");
	assert_int_equal(fchdir(d->fd), 0);
	assert_null(try_to_open(d, "mine"));
	assert_int_equal(d->err.code, BELAY_EBUSY);
	memcpy(d->path, root, sizeof(root));
	assert_int_equal(chdir("/"), 0);
	/* nothing has happened to the first */
	other = open_named(d, "other");
	assert_ok(belay_beat(b, &d->err), &d->err);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	b = open_named(d, "mine");
	assert_int_equal(belay_info(b)->attempt, 2);
	assert_string_equal(belay_info(b)->previous_cause, "completed");
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	assert_ok(belay_close(other, 0, &d->err), &d->err);
}

static void *race(void *arg)
{
	struct belay_options options = BELAY_OPTIONS_INIT;
	struct belay_error err;
	struct belay *b;

	options.run = "raced";
	options.root = arg;
	b = belay_open(&options, &err);
	return b || err.code == BELAY_EBUSY ? b : arg;
}

static void test_of_many_threads_one_gets_it(void **state)
{
	struct tmpdir *d = *state;
	pthread_t thread[8];
	struct belay *one = NULL;
	void *got;

	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race,
						d->path), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], &got);
		assert_ptr_not_equal(got, d->path);	/* another error */
		if (!got)
			continue;
		assert_null(one);
		one = got;
	}
	assert_non_null(one);
	assert_int_equal(belay_info(one)->attempt, 1);
	assert_ok(belay_close(one, 0, &d->err), &d->err);
}

/* It may have the run when the parent has closed it, though its list was the
 * parent's. */
static void test_a_child_forgets_what_its_parent_holds(void **state)
{
	struct tmpdir *d = *state;
	struct belay *b = open_named(d, "mine"), *own;
	int refused[2], go[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(refused), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (try_to_open(d, "mine") || d->err.code != BELAY_EBUSY ||
		    write(refused[1], "x", 1) != 1 ||
		    read(go[0], &byte, 1) != 0)
			_exit(1);
		own = try_to_open(d, "mine");
		if (!own || belay_close(b, 0, NULL) < 0 ||
		    try_to_open(d, "mine") || d->err.code != BELAY_EBUSY)
			_exit(2);
		_exit(belay_close(own, 0, NULL) ? 3 : 0);
	}
	close(go[0]);
	close(refused[1]);
	assert_int_equal(read(refused[0], &byte, 1), 1);
	close(refused[0]);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_over(d, "mine", 2, "completed");
}

static void test_what_is_no_name_is_refused(void **state)
{
	struct tmpdir *d = *state;

	assert_fails(try_to_open(d, "a/b") ? 0 : -1, &d->err, BELAY_EINVAL,
		     "'a/b'");
	assert_holds(d->fd, (const char *[]){ NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_named_run_goes_on_where_it_was),
		TEST_IN_TMPDIR(test_one_process_holds_it),
		TEST_IN_TMPDIR(test_the_same_process_holds_it_too),
		TEST_IN_TMPDIR(test_of_many_threads_one_gets_it),
		TEST_IN_TMPDIR(test_a_child_forgets_what_its_parent_holds),
		TEST_IN_TMPDIR(test_what_is_no_name_is_refused),
	};

	return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
