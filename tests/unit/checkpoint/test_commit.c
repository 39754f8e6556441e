/* SPDX-License-Identifier: Apache-2.0 */
/* test_commit.c - a checkpoint is whole or not there, whatever fails */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/runs.h"
#include "tests/support/testrun.h"

/* The wrapped call of this name fails at its nth call from now, once. */
static const char *failing;
static int countdown, failing_errno;
/* Called before a call of this name goes on, once. */
static const char *watched;
static void (*watcher)(const char *from, const char *to);

static void watch(const char *name, const char *from, const char *to)
{
	if (watched && !strcmp(watched, name)) {
		watched = NULL;
		watcher(from, to);
	}
}

static bool fails_now(const char *name)
{
	watch(name, NULL, NULL);
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
WRAP(int, fdatasync, (int fd), (fd))
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
WRAP(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))

static ino_t synced[64];	/* what fsync(2) was called for */
static size_t n_synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	if (fails_now("fsync"))
		return -1;
	if (fstat(fd, &st) == 0 && n_synced < 64)
		synced[n_synced++] = st.st_ino;
	return __real_fsync(fd);
}

int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	watch("rename", from, to);
	return fails_now("renameat") ? -1 : __real_renameat(a, from, b, to);
}

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

/* The first ones that a commit makes are of two files and two directories. */
#define SYNC_OF_STAGED(call, nth) (!strcmp(call, "fsync") && (nth) <= 4)

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
		id = checkpoint_commit(r, 1, dir, &opt, &d->err);
		/* unless a second sync would say what the first knows better */
		assert_int_equal(id, SYNC_OF_STAGED(call, nth) ? 0 : 2);
		if (!id)
			assert_non_null(strstr(d->err.text, "stage it anew"));
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

/* ---- what comes between two steps of a commit ---- */

static struct run *the_run;
static char *the_staging;

static void begin_another(const char *from, const char *to)
{
	char path[256];

	(void)from;
	(void)to;
	snprintf(path, sizeof(path), "%s/attempts/000002", the_run->dir);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void begin_another_that_sweeps(const char *from, const char *to)
{
	begin_another(from, to);
	checkpoint_abandon(the_run, the_staging);
}

static void take_the_number(const char *from, const char *to)
{
	char path[256];

	(void)from;
	snprintf(path, sizeof(path), "%s/checkpoints/%s", the_run->dir, to);
	runs_file(path, "MANIFEST", "mine");
}

static void lengthen_a_file(const char *from, const char *to)
{
	(void)from;
	(void)to;
	runs_file(the_staging, "state", "longer than before");
}

static void assert_synced(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	for (size_t i = 0; i < n_synced; i++)
		if (synced[i] == st.st_ino)
			return;
	fail_msg("'%s' is not synced", path);
}

static void look_for_syncs(const char *from, const char *to)
{
	static const char *const names[] = { "state", "sub/data", "sub", "." };
	char path[300];

	(void)from;
	(void)to;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", the_staging, names[i]);
		assert_synced(path);
	}
}

static uint64_t commit_while(struct tmpdir *d, const char *call,
			     void (*f)(const char *from, const char *to))
{
	struct checkpoint_options opt = { 0 };
	uint64_t id;

	the_run = runs_make(d);
	the_staging = runs_stage(the_run, 1, "x");
	n_synced = 0;
	watcher = f;
	watched = call;
	id = checkpoint_commit(the_run, 1, the_staging, &opt, &d->err);
	assert_null(watched);
	free(the_staging);
	run_close(the_run);
	return id;
}

static void test_all_is_durable_before_it_is_seen(void **state)
{
	assert_int_equal(commit_while(*state, "rename", look_for_syncs), 1);
}

static void test_a_number_that_is_taken_meanwhile_is_left(void **state)
{
	struct tmpdir *d = *state;
	struct checkpoint_list list = { 0 };
	struct run *r;

	assert_int_equal(commit_while(d, "rename", take_the_number), 2);
	r = testrun_open(d);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_int_equal(checkpoint_newest_good(&list)->id, 2);
	checkpoint_list_free(&list);
	run_close(r);
}

static void test_what_a_newer_attempt_may_not_have_seen_is_not_acknowledged(
	void **state)
{
	struct tmpdir *d = *state;

	assert_int_equal(commit_while(d, "rename", begin_another), 0);
	assert_int_equal(d->err.code, BELAY_EFENCED);
}

static void test_a_fenced_attempt_is_told_so_though_its_files_are_gone(
	void **state)
{
	struct tmpdir *d = *state;

	assert_int_equal(commit_while(d, "rename", begin_another_that_sweeps),
			 0);
	assert_int_equal(d->err.code, BELAY_EFENCED);
	assert_non_null(strstr(d->err.text, "attempt 2 has begun"));
}

static void test_a_file_that_changes_meanwhile_is_refused(void **state)
{
	struct tmpdir *d = *state;

	assert_int_equal(commit_while(d, "read", lengthen_a_file), 0);
	assert_non_null(strstr(d->err.text, "changed while it was read: 'state'"));
}

static void test_what_a_killed_commit_left_is_no_obstacle(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	const struct checkpoint_options opt = { .label = NULL };
	char command[512], *staging;

	runs_checkpoint(r, 1, "x");
	staging = runs_stage(r, 1, "y");
	snprintf(command, sizeof(command), "cp -p '%s/checkpoints/000001/"
		 "MANIFEST' '%s'", r->dir, staging);
	assert_int_equal(system(command), 0);
	assert_int_equal(checkpoint_commit(r, 1, staging, &opt, &d->err), 2);
	free(staging);
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
		TEST_IN_TMPDIR(test_all_is_durable_before_it_is_seen),
		TEST_IN_TMPDIR(test_a_number_that_is_taken_meanwhile_is_left),
		TEST_IN_TMPDIR(test_what_a_newer_attempt_may_not_have_seen_is_not_acknowledged),
		TEST_IN_TMPDIR(test_a_fenced_attempt_is_told_so_though_its_files_are_gone),
		TEST_IN_TMPDIR(test_a_file_that_changes_meanwhile_is_refused),
		TEST_IN_TMPDIR(test_what_a_killed_commit_left_is_no_obstacle),
		TEST_IN_TMPDIR(test_a_number_is_never_used_twice),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
