/* SPDX-License-Identifier: Apache-2.0 */
/* test_staging.c - files wait apart, come whole, and leave nothing behind */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/map/staging.h"
#include "tests/support/test.h"

static void open_here(struct staging *s, struct tmpdir *d)
{
	assert_ok(staging_open(s, d->path, "run.2-n1", &d->err), &d->err);
}

static void write_in(const struct stage *st, const char *name)
{
	int fd = openat(st->fd, name, O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void test_files_are_seen_only_when_published(void **state)
{
	struct tmpdir *d = *state;
	struct stage st = { .fd = -1 };
	struct staging s;

	open_here(&s, d);
	assert_ok(stage_make(&s, &st, 0, &d->err), &d->err);
	assert_true(stage_is_empty(&st));
	write_in(&st, "result");
	assert_false(stage_is_empty(&st));
	assert_holds(d->fd, (const char *[]){ ".belay-tmp", NULL });
	assert_ok(stage_publish(&s, &st, &d->err), &d->err);
	assert_true(stage_is_empty(&st));
	stage_drop(&s, &st);
	staging_close(&s);
	assert_holds(d->fd, (const char *[]){ "result", NULL });
}

static void test_a_slot_never_gets_a_name_twice(void **state)
{
	struct tmpdir *d = *state;
	struct stage a = { .fd = -1 }, b = { .fd = -1 };
	struct staging s, other;

	open_here(&s, d);
	open_here(&other, d);	/* as another map of the same run would */
	assert_ok(stage_make(&s, &a, 0, &d->err), &d->err);
	assert_ok(stage_make(&other, &b, 0, &d->err), &d->err);
	assert_string_not_equal(a.name, b.name);
	stage_drop(&s, &a);
	stage_drop(&other, &b);
	staging_close(&other);
	staging_close(&s);
	assert_holds(d->fd, (const char *[]){ NULL });
}

static void test_it_is_made_again_when_another_removed_it(void **state)
{
	struct tmpdir *d = *state;
	struct stage st = { .fd = -1 };
	struct staging s, other;

	open_here(&s, d);
	open_here(&other, d);
	staging_close(&other);
	assert_ok(stage_make(&s, &st, 0, &d->err), &d->err);
	stage_drop(&s, &st);
	staging_close(&s);
	assert_holds(d->fd, (const char *[]){ NULL });
}

static void test_only_older_attempts_of_the_same_run_are_swept(void **state)
{
	static const char *const names[] = {
		"run.1-n1-0-0", "run.2-n1-0-0", "run.10-n1-0-0",
		"runner.1-n1-0-0", "run.x",
	};
	struct tmpdir *d = *state;
	struct staging s;

	open_here(&s, d);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(mkdirat(s.tmpfd, names[i], 0700), 0);
	staging_sweep(&s, "run", 2);
	assert_holds(s.tmpfd, (const char *[]){
		     "run.2-n1-0-0", "run.10-n1-0-0", "runner.1-n1-0-0",
		     "run.x", NULL });
	staging_close(&s);
}

static void test_a_directory_that_cannot_be_made_is_said(void **state)
{
	struct tmpdir *d = *state;
	char path[128];
	struct staging s;

	snprintf(path, sizeof(path), "%s/new", d->path);
	assert_ok(staging_open(&s, path, "run.1-n1", &d->err), &d->err);
	staging_close(&s);
	assert_holds(d->fd, (const char *[]){ "new", NULL });
	assert_fails(staging_open(&s, "/nonexistent/new", "run.1-n1", &d->err),
		     &d->err, BELAY_ENOENT,
		     "cannot make directory '/nonexistent/new'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_files_are_seen_only_when_published),
		TEST_IN_TMPDIR(test_a_slot_never_gets_a_name_twice),
		TEST_IN_TMPDIR(test_it_is_made_again_when_another_removed_it),
		TEST_IN_TMPDIR(
			test_only_older_attempts_of_the_same_run_are_swept),
		TEST_IN_TMPDIR(test_a_directory_that_cannot_be_made_is_said),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
