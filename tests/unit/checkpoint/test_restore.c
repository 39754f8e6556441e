/* SPDX-License-Identifier: Apache-2.0 */
/* test_restore.c - what is restored is what was saved, or nothing is */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/runs.h"

static int writes_left = -1;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	if (writes_left >= 0 && writes_left-- == 0) {
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, p, n);
}

static bool read_fails;
static unsigned syncs;

ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n)
{
	errno = EIO;
	return read_fails ? -1 : __real_read(fd, p, n);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

struct restored {		/* a run, its newest checkpoint, a directory */
	struct run *r;
	struct checkpoint_list list;
	const struct checkpoint *c;
	char into[128], path[256];
};

static void set_up(struct tmpdir *d, struct restored *x)
{
	x->r = runs_make(d);
	runs_checkpoint(x->r, 1, "the state");
	assert_ok(checkpoint_list(x->r, &x->list, &d->err), &d->err);
	x->c = checkpoint_newest_good(&x->list);
	snprintf(x->into, sizeof(x->into), "%s/work", d->path);
	snprintf(x->path, sizeof(x->path), "%s/checkpoints/000001/state",
		 x->r->dir);
}

static void tear_down(struct restored *x)
{
	checkpoint_list_free(&x->list);
	run_close(x->r);
}

static void assert_dir(const char *path, const char *const *names)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	assert_holds(fd, names);
	close(fd);
}

/* One bit of the last byte. */
static void flip(const char *path)
{
	int fd = open(path, O_RDWR);
	char c;

	assert_int_equal(pread(fd, &c, 1, 8), 1);
	c ^= 4;
	assert_int_equal(pwrite(fd, &c, 1, 8), 1);
	close(fd);
}

static void test_files_come_back_with_their_modes(void **state)
{
	static const char *const restored[] = { "state", "sub", NULL };
	struct tmpdir *d = *state;
	struct restored x;
	struct stat st;
	char path[256];

	set_up(d, &x);
	mkdir(x.into, 0755);
	runs_file(x.into, "state", "an older one, and longer");
	syncs = 0;
	assert_ok(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err);
	assert_int_equal(syncs, 2);	/* files, before they replace others */
	assert_file(x.into, "state", "the state");
	assert_file(x.into, "sub/data", "0123456789");
	assert_dir(x.into, restored);
	snprintf(path, sizeof(path), "%s/state", x.into);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	tear_down(&x);
}

static void test_a_flipped_bit_is_found_and_nothing_is_replaced(void **state)
{
	static const char *const before[] = { "state", NULL };
	struct tmpdir *d = *state;
	struct restored x;

	set_up(d, &x);
	runs_file(x.into, "state", "mine");
	flip(x.path);
	assert_fails(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err,
		     BELAY_ECORRUPT, "does not match its digest: 'state'");
	assert_file(x.into, "state", "mine");
	assert_dir(x.into, before);
	assert_fails(checkpoint_check(x.r, x.c, true, &d->err), &d->err,
		     BELAY_ECORRUPT, "does not match its digest: 'state'");
	/* the size is right: that is all that a quick look can see */
	assert_ok(checkpoint_check(x.r, x.c, false, &d->err), &d->err);
	tear_down(&x);
}

static void test_a_short_or_missing_file_is_found_without_reading(void **state)
{
	struct tmpdir *d = *state;
	struct restored x;

	set_up(d, &x);
	assert_int_equal(truncate(x.path, 3), 0);
	assert_fails(checkpoint_check(x.r, x.c, false, &d->err), &d->err,
		     BELAY_ECORRUPT, "3 bytes instead of 9: 'state'");
	unlink(x.path);
	assert_fails(checkpoint_check(x.r, x.c, false, &d->err), &d->err,
		     BELAY_ECORRUPT, "file is missing: 'state'");
	assert_int_equal(symlink("/etc/passwd", x.path), 0);
	assert_fails(checkpoint_check(x.r, x.c, false, &d->err), &d->err,
		     BELAY_ECORRUPT, "cannot open 'state'");
	assert_fails(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err,
		     BELAY_ECORRUPT, "cannot open 'state'");
	assert_int_equal(access(x.into, F_OK), -1);
	tear_down(&x);
}

static void test_what_the_disk_cannot_read_is_damage(void **state)
{
	struct tmpdir *d = *state;
	struct restored x;

	set_up(d, &x);
	read_fails = true;
	assert_fails(checkpoint_check(x.r, x.c, true, &d->err), &d->err,
		     BELAY_ECORRUPT, "cannot read 'state': Input/output error");
	assert_false(checkpoint_is_damage(&d->err));
	read_fails = false;
	tear_down(&x);
}

static void test_a_full_disk_leaves_nothing_behind(void **state)
{
	static const char *const before[] = { "keep", NULL };
	struct tmpdir *d = *state;
	struct restored x;

	set_up(d, &x);
	runs_file(x.into, "keep", "me");
	for (int n = 0; n < 2; n++) {
		writes_left = n;
		assert_fails(checkpoint_restore(x.r, x.c, x.into, &d->err),
			     &d->err, BELAY_EFAILED, "No space left");
		writes_left = -1;
		assert_dir(x.into, before);
	}
	assert_ok(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err);
	tear_down(&x);
}

static void test_what_stands_in_the_way_is_said(void **state)
{
	static const char *const before[] = { "sub", NULL };
	struct tmpdir *d = *state;
	struct restored x;
	char path[256];

	set_up(d, &x);
	mkdir(x.into, 0755);
	snprintf(path, sizeof(path), "%s/sub", x.into);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_fails(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err,
		     BELAY_EFAILED, "or a symbolic link: 'sub'");
	assert_dir(x.into, before);
	unlink(path);
	runs_file(x.into, "sub/data/x", "");
	assert_fails(checkpoint_restore(x.r, x.c, x.into, &d->err), &d->err,
		     BELAY_EFAILED, "a directory is in the way: 'sub/data'");
	assert_dir(x.into, before);
	tear_down(&x);
}

static void test_a_mark_is_kept_with_its_reason(void **state)
{
	struct tmpdir *d = *state;
	struct restored x;

	set_up(d, &x);
	assert_ok(checkpoint_mark_damaged(x.r, 1, "bit rot", &d->err), &d->err);
	assert_ok(checkpoint_mark_damaged(x.r, 1, "again", &d->err), &d->err);
	checkpoint_list_free(&x.list);
	assert_ok(checkpoint_list(x.r, &x.list, &d->err), &d->err);
	assert_true(x.list.c[0].damaged);
	assert_string_equal(x.list.c[0].reason, "bit rot");
	assert_null(checkpoint_newest_good(&x.list));
	assert_fails(checkpoint_restore(x.r, &x.list.c[0], x.into, &d->err),
		     &d->err, BELAY_ECORRUPT, "bit rot");
	tear_down(&x);
}

static void test_a_spoilt_manifest_is_damage_and_not_an_error(void **state)
{
	struct tmpdir *d = *state;
	struct restored x;
	char path[256];

	set_up(d, &x);
	runs_checkpoint(x.r, 1, "second");
	snprintf(path, sizeof(path), "%s/checkpoints/000002", x.r->dir);
	runs_file(path, "MANIFEST", "{}");
	chmod(strcat(path, "/MANIFEST"), 0600);
	checkpoint_list_free(&x.list);
	assert_ok(checkpoint_list(x.r, &x.list, &d->err), &d->err);
	assert_int_equal(x.list.n, 2);
	assert_true(x.list.c[1].damaged);
	assert_string_equal(x.list.c[1].reason,
			    "MANIFEST: does not end with its check");
	assert_int_equal(checkpoint_newest_good(&x.list)->id, 1);
	assert_fails(checkpoint_check(x.r, &x.list.c[1], true, &d->err),
		     &d->err, BELAY_ECORRUPT, "does not end with its check");
	tear_down(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_files_come_back_with_their_modes),
		TEST_IN_TMPDIR(test_a_flipped_bit_is_found_and_nothing_is_replaced),
		TEST_IN_TMPDIR(test_a_short_or_missing_file_is_found_without_reading),
		TEST_IN_TMPDIR(test_what_the_disk_cannot_read_is_damage),
		TEST_IN_TMPDIR(test_a_full_disk_leaves_nothing_behind),
		TEST_IN_TMPDIR(test_what_stands_in_the_way_is_said),
		TEST_IN_TMPDIR(test_a_mark_is_kept_with_its_reason),
		TEST_IN_TMPDIR(test_a_spoilt_manifest_is_damage_and_not_an_error),
	};

	return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
