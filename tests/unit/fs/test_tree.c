/* SPDX-License-Identifier: Apache-2.0 */
/* test_tree.c - a user's files are reached without being led astray */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "fs/tree.h"
#include "tests/support/test.h"

/* The kernel's own copying fails with this, or works when 0. */
static int copy_errno;

ssize_t __real_copy_file_range(int in, off_t *a, int out, off_t *b, size_t n,
			       unsigned flags);
ssize_t __wrap_copy_file_range(int in, off_t *a, int out, off_t *b, size_t n,
			       unsigned flags);
ssize_t __wrap_copy_file_range(int in, off_t *a, int out, off_t *b, size_t n,
			       unsigned flags)
{
	errno = copy_errno;
	return copy_errno ? -1 :
	       __real_copy_file_range(in, a, out, b, n, flags);
}

static void put(struct tmpdir *d, const char *path, const char *text)
{
	int fd = fs_tree_create(d->fd, path, &d->err);

	if (fd < 0)
		fail_msg("%s", d->err.text);
	assert_ok(fs_append(fd, text, strlen(text), path, &d->err), &d->err);
	assert_ok(fs_finish(&fd, path, &d->err), &d->err);
	assert_int_equal(fd, -1);
}

static int note(const char *path, const struct stat *st, void *arg,
		struct belay_error *err)
{
	(void)err;
	buf_printf(arg, "%s=%lld ", path, (long long)st->st_size);
	return 0;
}

static void test_every_file_is_found_in_order(void **state)
{
	struct tmpdir *d = *state;
	_auto_buf_ struct buf seen = { 0 };

	assert_int_equal(fs_tree_mkdir(d->fd, "b", &d->err), 1);
	assert_int_equal(fs_tree_mkdir(d->fd, "b", &d->err), 0);
	assert_int_equal(fs_tree_mkdir(d->fd, "b/c", &d->err), 1);
	assert_int_equal(fs_tree_mkdir(d->fd, "empty", &d->err), 1);
	put(d, "b/c/x", "123");
	put(d, ".hidden", "");
	put(d, "a", "1");
	assert_ok(fs_tree_each(d->fd, "", note, &seen, &d->err), &d->err);
	assert_string_equal(buf_text(&seen), ".hidden=0 a=1 b/c/x=3 ");
	buf_clear(&seen);
	assert_ok(fs_tree_each(d->fd, "b/c", note, &seen, &d->err), &d->err);
	assert_ok(fs_tree_each(d->fd, "a", note, &seen, &d->err), &d->err);
	assert_string_equal(buf_text(&seen), "b/c/x=3 a=1 ");
	assert_ok(fs_tree_sync(d->fd, &d->err), &d->err);
	assert_true(fs_tree_has_dir(d->fd, "b/c"));
	assert_false(fs_tree_has_dir(d->fd, "b/c/x"));
	assert_false(fs_tree_has_dir(d->fd, "nothing"));
}

static void test_what_is_no_file_is_refused(void **state)
{
	struct tmpdir *d = *state;
	_auto_buf_ struct buf seen = { 0 };

	assert_int_equal(mkfifoat(d->fd, "pipe", 0600), 0);
	assert_fails(fs_tree_each(d->fd, "", note, &seen, &d->err), &d->err,
		     BELAY_EINVAL, "a FIFO where files are expected: 'pipe'");
	assert_fails(fs_tree_open(d->fd, "pipe", &d->err), &d->err,
		     BELAY_EFAILED, "not a regular file: 'pipe'");
	unlinkat(d->fd, "pipe", 0);
	assert_int_equal(symlinkat("/etc", d->fd, "link"), 0);
	assert_fails(fs_tree_each(d->fd, "", note, &seen, &d->err), &d->err,
		     BELAY_EINVAL, "a symbolic link where files are expected");
	assert_fails(fs_tree_open(d->fd, "nothing", &d->err), &d->err,
		     BELAY_ENOENT, "cannot open 'nothing'");
	assert_string_equal(buf_text(&seen), "");
}

static void test_no_component_that_is_a_link_is_followed(void **state)
{
	struct tmpdir *d = *state;

	assert_int_equal(symlinkat("/etc", d->fd, "link"), 0);
	assert_fails(fs_tree_open(d->fd, "link/hostname", &d->err), &d->err,
		     BELAY_EFAILED, "or a symbolic link: 'link'");
	assert_fails(fs_tree_create(d->fd, "link/x", &d->err), &d->err,
		     BELAY_EFAILED, "or a symbolic link: 'link'");
	assert_fails(fs_tree_create(d->fd, "link", &d->err), &d->err,
		     BELAY_EFAILED, "cannot create 'link': File exists");
	assert_fails(fs_tree_mkdir(d->fd, "link", &d->err), &d->err,
		     BELAY_EFAILED, "or a symbolic link: 'link'");
	assert_fails(fs_tree_open(d->fd, "link", &d->err), &d->err,
		     BELAY_EFAILED, "cannot open 'link'");
}

static void test_directories_nested_without_end_are_refused(void **state)
{
	struct tmpdir *d = *state;
	_auto_buf_ struct buf seen = { 0 }, path = { 0 };

	buf_puts(&path, "d");
	for (int i = 0; i < FS_TREE_DEPTH + 2; i++) {
		assert_int_equal(fs_tree_mkdir(d->fd, path.data, &d->err), 1);
		buf_puts(&path, "/d");
	}
	assert_fails(fs_tree_each(d->fd, "", note, &seen, &d->err), &d->err,
		     BELAY_EINVAL, "nested deeper than 64");
}

static void test_copies_are_whole_whoever_makes_them(void **state)
{
	static const int errors[] = { 0, EXDEV, ENOSYS, EINVAL, EOPNOTSUPP };
	struct tmpdir *d = *state;
	char name[16], back[8];
	int from, to;

	put(d, "from", "123456");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		copy_errno = errors[i];
		snprintf(name, sizeof(name), "to%zu", i);
		from = fs_tree_open(d->fd, "from", &d->err);
		to = fs_tree_create(d->fd, name, &d->err);
		assert_ok(fs_copy(from, to, name, &d->err), &d->err);
		close(to);
		close(from);
		to = fs_tree_open(d->fd, name, &d->err);
		assert_int_equal(read(to, back, sizeof(back)), 6);
		assert_memory_equal(back, "123456", 6);
		close(to);
	}
	copy_errno = ENOSPC;
	from = fs_tree_open(d->fd, "from", &d->err);
	to = fs_tree_create(d->fd, "full", &d->err);
	assert_fails(fs_copy(from, to, "full", &d->err), &d->err,
		     BELAY_EFAILED, "cannot write 'full': No space");
	close(to);
	close(from);
}

static void test_what_is_discarded_is_gone_at_once(void **state)
{
	static const char *const left[] = { "stays", NULL };
	struct tmpdir *d = *state;

	assert_int_equal(fs_tree_mkdir(d->fd, "goes", &d->err), 1);
	assert_int_equal(fs_tree_mkdir(d->fd, "goes/sub", &d->err), 1);
	put(d, "goes/sub/x", "1");
	put(d, "stays", "1");
	assert_ok(fs_discard(d->fd, "goes", &d->err), &d->err);
	assert_ok(fs_discard(d->fd, "goes", &d->err), &d->err);
	assert_holds(d->fd, left);
	assert_true(fs_is_discarded(".deleted-0011-000001"));
	assert_false(fs_is_discarded("000001"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_every_file_is_found_in_order),
		TEST_IN_TMPDIR(test_what_is_no_file_is_refused),
		TEST_IN_TMPDIR(test_no_component_that_is_a_link_is_followed),
		TEST_IN_TMPDIR(test_directories_nested_without_end_are_refused),
		TEST_IN_TMPDIR(test_copies_are_whole_whoever_makes_them),
		TEST_IN_TMPDIR(test_what_is_discarded_is_gone_at_once),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
