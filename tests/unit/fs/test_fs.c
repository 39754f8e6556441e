/* SPDX-License-Identifier: Apache-2.0 */
/* test_fs.c - once means once, whole means whole, ours means ours */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/fs.h"
#include "tests/support/test.h"

static int fail_at;		/* the nth of the wrapped calls fails, 0: none */
static int fail_errno;

static int fails(void)
{
	if (fail_at && --fail_at == 0) {
		errno = fail_errno;
		return 1;
	}
	return 0;
}

/* As on NFS, when what was done is asked for again. */
static bool lose_reply;

static bool reply_is_lost(int answer)
{
	bool lost = lose_reply;

	lose_reply = false;
	errno = lost ? answer : errno;
	return lost;
}

static int syncs;		/* calls of fsync() so far */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	syncs++;
	return fails() ? -1 : __real_fsync(fd);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	return fails() ? -1 : __real_fdatasync(fd);
}

int __real_linkat(int a, const char *b, int c, const char *d, int e);
int __wrap_linkat(int a, const char *b, int c, const char *d, int e);
int __wrap_linkat(int a, const char *b, int c, const char *d, int e)
{
	int rc = fails() ? -1 : __real_linkat(a, b, c, d, e);

	return rc == 0 && reply_is_lost(EEXIST) ? -1 : rc;
}

int __real_renameat(int a, const char *b, int c, const char *d);
int __wrap_renameat(int a, const char *b, int c, const char *d);
int __wrap_renameat(int a, const char *b, int c, const char *d)
{
	int rc = __real_renameat(a, b, c, d);

	return rc == 0 && reply_is_lost(ENOENT) ? -1 : rc;
}

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	return fails() ? -1 : __real_write(fd, p, n);
}

static void test_the_first_of_two_publishers_stands(void **state)
{
	struct tmpdir *d = *state;
	struct buf b = { 0 };

	assert_int_equal(fs_publish(d->fd, "x", "one", 3, &d->err), 1);
	assert_int_equal(fs_publish(d->fd, "x", "two", 3, &d->err), 0);
	assert_ok(fs_read(d->fd, "x", 10, &b, &d->err), &d->err);
	assert_string_equal(b.data, "one");
	assert_holds(d->fd, (const char *[]){ "x", NULL });
	buf_free(&b);
}

static void test_a_failure_anywhere_leaves_no_half_and_no_litter(void **state)
{
	struct tmpdir *d = *state;
	int n;

	for (n = 1; n < 20; n++) {
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "f%d", n);
		fail_at = n;
		fail_errno = ENOSPC;
		rc = fs_publish(d->fd, name, "bytes", 5, &d->err);
		if (rc == 1)
			break;
		assert_int_equal(rc, -1);
		assert_int_equal(d->err.sys, ENOSPC);
		if (faccessat(d->fd, name, F_OK, 0) == 0) {
			/* linked, but the directory's sync failed: whole */
			struct buf b = { 0 };

			assert_ok(fs_read(d->fd, name, 10, &b, &d->err), &d->err);
			assert_string_equal(b.data, "bytes");
			buf_free(&b);
			unlinkat(d->fd, name, 0);
		}
		assert_holds(d->fd, (const char *[]){ NULL });
	}
	fail_at = 0;
	assert_int_equal(n, 5);	/* write, fdatasync, link, fsync were hit */
}

static void test_what_was_done_is_known_behind_a_lost_reply(void **state)
{
	struct tmpdir *d = *state;

	lose_reply = true;
	assert_int_equal(fs_publish(d->fd, "x", "one", 3, &d->err), 1);
	assert_false(lose_reply);
	assert_int_equal(fs_claim(d->fd, ".staging", &d->err), 1);
	lose_reply = true;
	assert_int_equal(fs_publish_dir(d->fd, ".staging", d->fd, "y",
					&d->err), 1);
	assert_false(lose_reply);
	assert_holds(d->fd, (const char *[]){ "x", "y", NULL });
}

static void test_a_claim_is_won_by_one(void **state)
{
	struct tmpdir *d = *state;
	int won = 0, status;

	for (int i = 0; i < 8; i++) {
		if (fork() == 0)
			_exit(fs_claim(d->fd, "000001", NULL) == 1);
	}
	while (wait(&status) > 0)
		won += WEXITSTATUS(status);
	assert_int_equal(won, 1);
}

static void test_listing_is_sorted_and_without_dots(void **state)
{
	struct tmpdir *d = *state;
	struct fs_names names = { 0 };

	close(openat(d->fd, "b", O_CREAT | O_WRONLY, 0600));
	close(openat(d->fd, "a", O_CREAT | O_WRONLY, 0600));
	close(openat(d->fd, ".tmp", O_CREAT | O_WRONLY, 0600));
	assert_ok(fs_list(d->fd, &names, &d->err), &d->err);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.name[0], "a");
	assert_true(fs_names_has(&names, "b"));
	assert_false(fs_names_has(&names, ".tmp"));
	fs_names_free(&names);
}

static void test_what_is_not_a_plain_file_of_ours_is_not_read(void **state)
{
	struct tmpdir *d = *state;
	struct buf b = { 0 };

	assert_int_equal(symlinkat("/etc/passwd", d->fd, "link"), 0);
	assert_int_equal(mkfifoat(d->fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(d->fd, "dir", 0700), 0);
	close(openat(d->fd, "open", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(fchmodat(d->fd, "open", 0666, 0), 0);
	assert_int_equal(fs_publish(d->fd, "big", "0123456789", 10, &d->err), 1);
	assert_fails(fs_read(d->fd, "link", 100, &b, &d->err), &d->err,
		     BELAY_EFAILED, "cannot read 'link'");
	assert_fails(fs_read(d->fd, "fifo", 100, &b, &d->err), &d->err,
		     BELAY_EFAILED, "not a regular file");
	assert_fails(fs_read(d->fd, "dir", 100, &b, &d->err), &d->err,
		     BELAY_EFAILED, "not a regular file");
	assert_fails(fs_read(d->fd, "open", 100, &b, &d->err), &d->err,
		     BELAY_EFAILED, "others can write it");
	assert_fails(fs_read(d->fd, "big", 9, &b, &d->err), &d->err,
		     BELAY_ECORRUPT, "too large");
	assert_fails(fs_read(d->fd, "none", 9, &b, &d->err), &d->err,
		     BELAY_ENOENT, "cannot read 'none'");
	buf_free(&b);
}

static void test_a_path_is_walked_and_made(void **state)
{
	struct tmpdir *d = *state;
	char path[200];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/a/b/../c/./", d->path);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ENOENT,
		     "No such file");
	snprintf(path, sizeof(path), "%s/a/b/c", d->path);
	fd = fs_dir_open(path, true, &d->err);
	assert_ok(fd, &d->err);
	fstat(fd, &st);
	assert_int_equal(st.st_mode & 0777, 0700);
	close(fd);
	assert_fails(fs_dir_open("a/b", false, &d->err), &d->err, BELAY_EINVAL,
		     "not an absolute path");
}

static void test_a_component_that_is_too_long_is_no_directory(void **state)
{
	struct tmpdir *d = *state;
	char path[600];

	snprintf(path, sizeof(path), "%s/%0300d", d->path, 0);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_EFAILED,
		     "File name too long");
	assert_fails(fs_dir_open(path, true, &d->err), &d->err, BELAY_EFAILED,
		     "File name too long");
}

/* Whoever made it may have died before it was durable. */
static void test_a_directory_that_is_empty_is_made_durable_again(void **state)
{
	struct tmpdir *d = *state;
	int fd;

	assert_int_equal(mkdirat(d->fd, "half", 0700), 0);
	for (int i = 0; i < 2; i++) {
		syncs = 0;
		fd = fs_subdir_make(d->fd, "half", &d->err);
		assert_ok(fd, &d->err);
		assert_int_equal(syncs, !i);
		assert_int_equal(mkdirat(fd, "used", 0700), i ? -1 : 0);
		close(fd);
	}
	assert_int_equal(unlinkat(d->fd, "half/used", AT_REMOVEDIR), 0);
	fail_at = 1;
	fail_errno = EIO;
	assert_fails(fs_subdir_make(d->fd, "half", &d->err), &d->err,
		     BELAY_EFAILED, "cannot make 'half' durable");
}

static void test_a_link_of_ours_is_followed_a_strangers_is_not(void **state)
{
	struct tmpdir *d = *state;
	char path[200];
	int fd;

	mkdirat(d->fd, "real", 0700);
	assert_int_equal(symlinkat("real", d->fd, "link"), 0);
	snprintf(path, sizeof(path), "%s/link", d->path);
	fd = fs_dir_open(path, false, &d->err);
	assert_ok(fd, &d->err);
	close(fd);
	assert_int_equal(symlinkat("loop", d->fd, "loop"), 0);
	snprintf(path, sizeof(path), "%s/loop", d->path);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ECONFIG,
		     "too many links");
	if (geteuid() != 0)
		return;		/* the rest needs another user */
	assert_int_equal(fchownat(d->fd, "link", 4242, 4242,
				  AT_SYMLINK_NOFOLLOW), 0);
	snprintf(path, sizeof(path), "%s/link", d->path);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ECONFIG,
		     "symbolic link of user 4242");
}

static void test_a_directory_that_others_own_or_write_is_refused(void **state)
{
	struct tmpdir *d = *state;
	char path[200];

	mkdirat(d->fd, "open", 0700);
	assert_int_equal(fchmodat(d->fd, "open", 0777, 0), 0);
	snprintf(path, sizeof(path), "%s/open", d->path);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ECONFIG,
		     "can be written by others");
	assert_int_equal(fchmodat(d->fd, "open", 01777, 0), 0);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ECONFIG,
		     "can be written by others");
	if (geteuid() != 0)
		return;
	mkdirat(d->fd, "squat", 0700);
	assert_int_equal(fchownat(d->fd, "squat", 4242, 4242, 0), 0);
	snprintf(path, sizeof(path), "%s/squat", d->path);
	assert_fails(fs_dir_open(path, false, &d->err), &d->err, BELAY_ECONFIG,
		     "belongs to user 4242");
}

static void test_what_is_no_directory_will_not_do(void **state)
{
	struct tmpdir *d = *state;
	char path[200];
	int fd = openat(d->fd, "file", O_CREAT | O_WRONLY, 0600);

	close(fd);
	snprintf(path, sizeof(path), "%s/file", d->path);
	assert_fails(fs_dir_open(path, true, &d->err), &d->err, BELAY_ECONFIG,
		     "cannot open directory 'file': Not a directory");
	if (geteuid() != 0)
		return;
	assert_int_equal(fchownat(d->fd, "file", 4242, 4242, 0), 0);
	assert_fails(fs_dir_open(path, true, &d->err), &d->err, BELAY_ECONFIG,
		     "Not a directory (it is user 4242's)");
}

static void test_a_segment_is_zeros_and_written_in_blocks(void **state)
{
	struct tmpdir *d = *state;
	struct buf b = { 0 };
	void *block = NULL;
	int fd;

	assert_int_equal(posix_memalign(&block, FS_BLOCK, FS_BLOCK), 0);
	memset(block, 'x', FS_BLOCK);
	fd = fs_segment_create(d->fd, "s", 4 * FS_BLOCK, &d->err);
	assert_ok(fd, &d->err);
	assert_fails(fs_segment_create(d->fd, "s", 0, &d->err), &d->err,
		     BELAY_EBUSY, "cannot create 's'");
	assert_ok(fs_segment_write(fd, FS_BLOCK, block, FS_BLOCK, &d->err),
		  &d->err);
	close(fd);
	assert_ok(fs_read(d->fd, "s", 1 << 20, &b, &d->err), &d->err);
	assert_int_equal(b.len, 4 * FS_BLOCK);
	assert_int_equal(b.data[0], 0);
	assert_int_equal(b.data[FS_BLOCK], 'x');
	assert_int_equal(b.data[2 * FS_BLOCK], 0);
	buf_free(&b);
	free(block);
}

static void test_removing_takes_links_and_trees(void **state)
{
	struct tmpdir *d = *state;

	mkdirat(d->fd, "t", 0700);
	mkdirat(d->fd, "t/u", 0700);
	close(openat(d->fd, "t/u/f", O_CREAT | O_WRONLY, 0600));
	close(openat(d->fd, "keep", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlinkat("../keep", d->fd, "t/link"), 0);
	assert_ok(fs_remove(d->fd, "t", &d->err), &d->err);
	assert_ok(fs_remove(d->fd, "t", &d->err), &d->err);
	assert_holds(d->fd, (const char *[]){ "keep", NULL });
}

static void test_a_file_is_extended_by_its_one_writer(void **state)
{
	struct tmpdir *d = *state;
	char read[6] = "";

	assert_ok(fs_extend(d->fd, "r.dat", 0, "abc", 3, &d->err), &d->err);
	assert_fails(fs_extend(d->fd, "r.dat", 0, "xyz", 3, &d->err), &d->err,
		     BELAY_EFAILED, "cannot open 'r.dat'");
	assert_ok(fs_extend(d->fd, "r.dat", 3, "de", 2, &d->err), &d->err);
	assert_ok(fs_read_at(d->fd, "r.dat", 1, read, 4, &d->err), &d->err);
	assert_string_equal(read, "bcde");
	assert_fails(fs_read_at(d->fd, "r.dat", 1, read, 5, &d->err), &d->err,
		     BELAY_ECORRUPT, "too short: 'r.dat'");
	assert_fails(fs_extend(d->fd, "x.dat", 3, "de", 2, &d->err), &d->err,
		     BELAY_ENOENT, "cannot open 'x.dat'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_file_is_extended_by_its_one_writer),
		TEST_IN_TMPDIR(test_the_first_of_two_publishers_stands),
		TEST_IN_TMPDIR(test_a_failure_anywhere_leaves_no_half_and_no_litter),
		TEST_IN_TMPDIR(test_what_was_done_is_known_behind_a_lost_reply),
		TEST_IN_TMPDIR(test_a_claim_is_won_by_one),
		TEST_IN_TMPDIR(test_listing_is_sorted_and_without_dots),
		TEST_IN_TMPDIR(test_what_is_not_a_plain_file_of_ours_is_not_read),
		TEST_IN_TMPDIR(test_a_path_is_walked_and_made),
		TEST_IN_TMPDIR(test_a_component_that_is_too_long_is_no_directory),
		TEST_IN_TMPDIR(test_a_directory_that_is_empty_is_made_durable_again),
		TEST_IN_TMPDIR(test_a_link_of_ours_is_followed_a_strangers_is_not),
		TEST_IN_TMPDIR(test_a_directory_that_others_own_or_write_is_refused),
		TEST_IN_TMPDIR(test_what_is_no_directory_will_not_do),
		TEST_IN_TMPDIR(test_a_segment_is_zeros_and_written_in_blocks),
		TEST_IN_TMPDIR(test_removing_takes_links_and_trees),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
