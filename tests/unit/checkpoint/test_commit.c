/* SPDX-License-Identifier: Apache-2.0 */
/* test_commit.c - a checkpoint is whole or not there, whatever fails */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/runs.h"

/* The wrapped call of this name fails at its nth call from now, once. */
static const char *failing;
static int countdown, failing_errno;

static bool fails_now(const char *name)
{
	if (!failing || strcmp(failing, name) || --countdown)
		return false;
	errno = failing_errno;
	return true;
}

#define WRAP(type, name, params, args)					\
	type __real_##name params;					\
	type __wrap_##name params;					\
	type __wrap_##name params					\
	{								\
		return fails_now(#name) ? -1 : __real_##name args;	\
	}
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
WRAP(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))

static void fail_at(const char *name, int nth, int error)
{
	failing = name;
	countdown = nth;
	failing_errno = error;
}

static void test_what_is_committed_is_listed_whole(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_list list;

	assert_int_equal(runs_checkpoint(r, 1, "one"), 1);
	assert_int_equal(runs_checkpoint(r, 1, "two!"), 2);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.c[1].id, 2);
	assert_int_equal(list.c[1].attempt, 1);
	assert_int_equal(list.c[1].n_files, 2);
	assert_int_equal(list.c[1].bytes, 14);
	assert_string_equal(list.c[1].label, "two!");
	assert_string_equal(list.c[1].files[0].name, "state");
	assert_int_equal(list.c[1].files[0].mode, 0644);
	assert_string_equal(list.c[1].files[1].name, "sub/data");
	assert_true(list.c[1].created_us > 0);
	assert_ptr_equal(checkpoint_newest_good(&list), &list.c[1]);
	assert_ok(checkpoint_check(r, &list.c[1], true, &d->err), &d->err);
	checkpoint_list_free(&list);
	run_close(r);
}

static void test_a_run_without_checkpoints_has_an_empty_list(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_list list;

	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_int_equal(list.n, 0);
	assert_null(checkpoint_newest_good(&list));
	checkpoint_list_free(&list);
	run_close(r);
}

/* After a failure: the first, or the first and the second, and those whole. */
static void assert_one_or_both(struct run *r, const char *staging, uint64_t id)
{
	struct checkpoint_list list;
	struct belay_error err;

	assert_ok(checkpoint_list(r, &list, &err), &err);
	if (id)
		assert_int_equal(list.n, 2);
	assert_in_range(list.n, 1, 2);
	assert_int_equal(access(staging, F_OK), list.n == 1 ? 0 : -1);
	for (unsigned i = 0; i < list.n; i++)
		assert_ok(checkpoint_check(r, &list.c[i], true, &err), &err);
	checkpoint_list_free(&list);
}

/* One round: false when the call was not reached any more. */
static bool commit_with(struct tmpdir *d, const char *call, int nth, int error)
{
	static const char *const staged[] = { "state", "sub", NULL };
	struct checkpoint_options opt = { 0 };
	struct run *r = runs_make(d);
	bool reached;
	char *dir;
	uint64_t id;
	int fd;

	runs_checkpoint(r, 1, "first");
	dir = runs_stage(r, 1, "second");
	fail_at(call, nth, error);
	id = checkpoint_commit(r, 1, dir, &opt, &d->err);
	reached = countdown <= 0;
	failing = NULL;
	assert_true(id || reached);
	assert_one_or_both(r, dir, id);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {		/* left as it was, so it can be tried again */
		assert_holds(fd, staged);
		close(fd);
		assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 2);
	}
	free(dir);
	run_close(r);
	return reached;
}

static void test_a_failing_call_leaves_the_old_or_the_new_one(void **state)
{
	static const struct { const char *call; int error; } cases[] = {
		{ "fsync", EIO }, { "fdatasync", ENOSPC }, { "write", ENOSPC },
		{ "renameat", EIO }, { "read", EIO },
	};
	struct tmpdir *d = *state;
	char all[64], path[80];

	snprintf(all, sizeof(all), "%s", d->path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int nth = 0;
		bool more = true;

		while (more) {
			nth++;
			snprintf(path, sizeof(path), "%.40s/%zu.%d", all, i, nth);
			assert_int_equal(mkdir(path, 0700), 0);
			snprintf(d->path, sizeof(d->path), "%.60s", path);
			more = commit_with(d, cases[i].call, nth, cases[i].error);
			assert_in_range(nth, 1, 200);
		}
		assert_true(nth > 1);	/* it was reached at least once */
	}
	snprintf(d->path, sizeof(d->path), "%s", all);
}

static void test_what_is_no_plain_file_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_options opt = { 0 };
	char *dir = runs_stage(r, 1, "x"), path[256], other[256];

	snprintf(path, sizeof(path), "%s/odd", dir);
	snprintf(other, sizeof(other), "%s/state", dir);
	assert_int_equal(symlink("state", path), 0);
	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
	assert_string_equal(d->err.text,
			    "a symbolic link where files are expected: 'odd'");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
	assert_non_null(strstr(d->err.text, "a FIFO where"));
	unlink(path);
	assert_int_equal(link(other, path), 0);
	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
	assert_non_null(strstr(d->err.text, "a hard link where"));
	unlink(path);
	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 1);
	free(dir);
	run_close(r);
}

static void test_names_that_cannot_be_kept_are_refused(void **state)
{
	static const struct { const char *name, *words; } cases[] = {
		{ "MANIFEST", "may not have this name" },
		{ "a\nb", "has a control character: 'a?b'" },
		{ "latin\xe9", "name is not UTF-8" },
	};
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_options opt = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *dir = runs_stage(r, 1, "x");

		runs_file(dir, cases[i].name, "");
		assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
		if (!strstr(d->err.text, cases[i].words))
			fail_msg("'%s'", d->err.text);
		assert_int_equal(d->err.code, BELAY_EINVAL);
		free(dir);
	}
	run_close(r);
}

static void test_an_empty_or_strange_directory_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_options opt = { 0 };
	char *dir = checkpoint_stage(r, 1, &d->err);

	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
	assert_non_null(strstr(d->err.text, "no file in the staging directory"));
	assert_int_equal(checkpoint_commit(r, 1, "/tmp", &opt, &d->err), 0);
	assert_string_equal(d->err.text,
			    "not a staging directory of attempt 1: '/tmp'");
	assert_int_equal(checkpoint_commit(r, 2, dir, &opt, &d->err), 0);
	assert_non_null(strstr(d->err.text, "of attempt 2"));
	free(dir);
	run_close(r);
}

static void test_a_fenced_attempt_publishes_nothing(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_options opt = { 0 };
	char *dir = runs_stage(r, 1, "zombie");

	runs_begin(r, NULL, 0);
	assert_int_equal(checkpoint_commit(r, 1, dir, &opt, &d->err), 0);
	assert_int_equal(d->err.code, BELAY_EFENCED);
	assert_int_equal(access(dir, F_OK), 0);
	assert_null(checkpoint_stage(r, 1, &d->err));
	assert_int_equal(d->err.code, BELAY_EFENCED);
	free(dir);
	run_close(r);
}

static void test_a_number_is_never_used_twice(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	const uint64_t seen[] = { 7 };
	char path[256];

	snprintf(path, sizeof(path), "%s/checkpoints", r->dir);
	mkdir(path, 0700);
	runs_file(path, "000004.damaged", "{}");
	assert_int_equal(runs_checkpoint(r, 1, "x"), 5);
	runs_begin(r, seen, 1);
	assert_int_equal(runs_checkpoint(r, 2, "x"), 8);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_is_committed_is_listed_whole),
		TEST_IN_TMPDIR(test_a_run_without_checkpoints_has_an_empty_list),
		TEST_IN_TMPDIR(test_a_failing_call_leaves_the_old_or_the_new_one),
		TEST_IN_TMPDIR(test_what_is_no_plain_file_is_refused),
		TEST_IN_TMPDIR(test_names_that_cannot_be_kept_are_refused),
		TEST_IN_TMPDIR(test_an_empty_or_strange_directory_is_refused),
		TEST_IN_TMPDIR(test_a_fenced_attempt_publishes_nothing),
		TEST_IN_TMPDIR(test_a_number_is_never_used_twice),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
