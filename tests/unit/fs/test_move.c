/* SPDX-License-Identifier: Apache-2.0 */
/* test_move.c - finished files come to their place, all of them durable */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fs/tree.h"
#include "tests/support/test.h"

static int syncs_left;		/* how many succeed; -1: all */
static unsigned syncs, syncs_at_first_move;

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	syncs++;
	if (syncs_left < 0 || syncs_left-- > 0)
		return 0;
	syncs_left = 0;
	errno = EIO;
	return -1;
}

int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (!syncs_at_first_move)
		syncs_at_first_move = syncs;
	return __real_renameat(a, from, b, to);
}

static void write_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void assert_text(int dirfd, const char *name, const char *text)
{
	char found[64] = "";
	_auto_close_ int fd = openat(dirfd, name, O_RDONLY);

	if (fd < 0 || read(fd, found, sizeof(found) - 1) < 0)
		fail_msg("'%s' cannot be read", name);
	assert_string_equal(found, text);
}

static int make(int dirfd, const char *name)
{
	assert_int_equal(mkdirat(dirfd, name, 0755), 0);
	return openat(dirfd, name, O_RDONLY | O_DIRECTORY);
}

static int bring(int from, int to, struct belay_error *err)
{
	return fs_tree_sync_files(from, err) < 0 ? -1 :
	       fs_tree_move(from, to, err);
}

static void reset(int good_syncs)
{
	syncs_left = good_syncs;
	syncs = syncs_at_first_move = 0;
}

static void test_a_tree_comes_to_the_same_place(void **state)
{
	struct tmpdir *d = *state;
	_auto_close_ int from = make(d->fd, "from"), to = make(d->fd, "to");
	_auto_close_ int sub = make(from, "sub"), old = make(to, "sub");

	reset(-1);
	write_file(from, "a", "1");
	write_file(from, ".hidden", "2");
	write_file(sub, "b", "3");
	write_file(old, "b", "old");
	write_file(old, "c", "stays");
	assert_int_equal(symlinkat("a", from, "link"), 0);
	assert_ok(bring(from, to, &d->err), &d->err);
	assert_holds(from, (const char *[]){ NULL });
	assert_holds(to, (const char *[]){ "a", ".hidden", "link", "sub", NULL });
	assert_text(to, ".hidden", "2");
	assert_text(to, "sub/b", "3");
	assert_text(to, "sub/c", "stays");
}

static void test_no_file_moves_before_all_are_durable(void **state)
{
	struct tmpdir *d = *state;
	_auto_close_ int from = make(d->fd, "from"), to = make(d->fd, "to");

	reset(-1);
	write_file(from, "a", "1");
	write_file(from, "b", "2");
	write_file(from, "c", "3");
	assert_ok(bring(from, to, &d->err), &d->err);
	assert_int_equal(syncs_at_first_move, 3);
	assert_int_equal(syncs, 4);	/* and the directory */
}

static void test_what_is_not_durable_is_said(void **state)
{
	struct tmpdir *d = *state;
	_auto_close_ int from = make(d->fd, "from"), to = make(d->fd, "to");

	reset(1);
	write_file(from, "a", "1");
	write_file(from, "b", "2");
	assert_fails(bring(from, to, &d->err), &d->err, BELAY_EFAILED,
		     "durable");
	assert_holds(to, (const char *[]){ NULL });
}

static void test_a_file_in_the_way_of_a_directory_is_said(void **state)
{
	struct tmpdir *d = *state;
	_auto_close_ int from = make(d->fd, "from"), to = make(d->fd, "to");
	_auto_close_ int sub = make(from, "sub");

	reset(-1);
	write_file(to, "sub", "a file");
	assert_fails(bring(from, to, &d->err), &d->err, BELAY_EFAILED,
		     "cannot open directory 'sub': Not a directory");
}

static void test_a_link_is_followed_unless_it_is_a_strangers(void **state)
{
	struct tmpdir *d = *state;
	_auto_close_ int from = make(d->fd, "from"), to = make(d->fd, "to");
	_auto_close_ int sub = make(from, "sub"), again = -1;
	_auto_close_ int far = make(d->fd, "far");

	reset(-1);
	write_file(sub, "a", "1");
	assert_int_equal(symlinkat("../far", to, "sub"), 0);
	assert_ok(bring(from, to, &d->err), &d->err);
	assert_text(far, "a", "1");
	if (geteuid() != 0)
		return;		/* the rest needs another user */
	again = make(from, "sub");
	write_file(again, "a", "2");
	assert_int_equal(fchownat(to, "sub", 4242, 4242, AT_SYMLINK_NOFOLLOW),
			 0);
	assert_fails(bring(from, to, &d->err), &d->err, BELAY_EFAILED,
		     "cannot open directory 'sub'");
	assert_text(far, "a", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_tree_comes_to_the_same_place),
		TEST_IN_TMPDIR(test_no_file_moves_before_all_are_durable),
		TEST_IN_TMPDIR(test_what_is_not_durable_is_said),
		TEST_IN_TMPDIR(test_a_file_in_the_way_of_a_directory_is_said),
		TEST_IN_TMPDIR(
			test_a_link_is_followed_unless_it_is_a_strangers),
	};

	return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
