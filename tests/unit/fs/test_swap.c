/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_swap.c - a stranger who swaps what he may, as fast as he can
 *
 * Two processes of two users meet in a directory where both may write.  The
 * stranger keeps putting a directory of his, a link into the victim's own
 * files, and nothing, under one name; the other one uses this name as belay
 * does.  Whatever wins, nothing may be found but where it was meant to be.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fs/tree.h"
#include "tests/support/test.h"

enum { ALICE = 4710, MALLORY = 4711, ENOUGH = 200, DEADLINE_S = 60 };

/* Seen by all processes. */
struct score {
	unsigned won, refused, astray;
};

static struct score *score;

typedef void round_fn(const char *dir);

static void become(uid_t uid)
{
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		_exit(2);
	umask(0);
}

/* ---- the stranger ------------------------------------------------------- */

static void __attribute__((noreturn)) swap_for_ever(const char *dir)
{
	become(MALLORY);
	if (chdir(dir) < 0)
		_exit(2);
	for (;;) {
		int ignored = mkdir("name", 0777) + symlink("../victim", "link");

		for (int i = 0; i < 4; i++)
			ignored += renameat2(AT_FDCWD, "link", AT_FDCWD,
					     "name", RENAME_EXCHANGE);
		ignored += unlink("name") + rmdir("name");
		ignored += unlink("link") + rmdir("link");
		(void)ignored;	/* what is ours by now he cannot remove */
	}
}

/* ---- the one who works -------------------------------------------------- */

/* Is what fd names still where it was asked for?  The stranger may move his
 * own directory with all that is in it, but never one of ours. */
static void judge(int fd, const char *want)
{
	char link[64], found[256] = "";
	struct stat st;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) < 0 || st.st_uid != ALICE ||
	    readlink(link, found, sizeof(found) - 1) < 0 ||
	    strcmp(found, want))
		score->astray++;
	else
		score->won++;
}

/* The root of records, made below a sticky directory. */
static void round_of_records(const char *dir)
{
	struct belay_error err;
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/name/sub", dir);
	fd = fs_dir_open(path, true, &err);
	if (fd < 0) {
		score->refused++;
	} else {
		judge(fd, path);
		close(fd);
	}
	rmdir(path);
	snprintf(path, sizeof(path), "%s/name", dir);
	rmdir(path);
}

static void write_mark(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0)
		close(fd);
}

/* A chunk's result, moved to where others may write. */
static void round_of_results(const char *dir)
{
	int to = open(dir, O_RDONLY | O_DIRECTORY);
	int from = open("../stage", O_RDONLY | O_DIRECTORY), sub;

	mkdirat(from, "name", 0700);
	sub = openat(from, "name", O_RDONLY | O_DIRECTORY);
	write_mark(sub, "result");
	if (fs_tree_sync_files(from, NULL) == 0 &&
	    fs_tree_move(from, to, NULL) == 0)
		score->won++;
	else
		score->refused++;
	unlinkat(sub, "result", 0);
	close(sub);
	unlinkat(from, "name", AT_REMOVEDIR);
	close(from);
	close(to);
}

/* A file of a checkpoint, restored to where others may write. */
static void round_of_restores(const char *dir)
{
	int into = open(dir, O_RDONLY | O_DIRECTORY), fd;

	fs_tree_undo(into, "name/restored");
	fs_tree_undo(into, "link/restored");
	fd = fs_tree_create(into, "name/restored", NULL);
	if (fd < 0) {
		score->refused++;
	} else {
		score->won++;
		close(fd);
	}
	score->astray += access("../victim/restored", F_OK) == 0;
	close(into);
}

static bool is_enough(void)
{
	return score->won >= ENOUGH && score->refused >= ENOUGH;
}

static void __attribute__((noreturn)) work(const char *dir, round_fn *round)
{
	int64_t end = clock_mono_ns() + DEADLINE_S * INT64_C(1000000000);

	become(ALICE);
	if (chdir(dir) < 0)
		_exit(2);
	while (!is_enough() && !score->astray && clock_mono_ns() < end)
		round(dir);
	_exit(0);
}

/* ---- the meeting -------------------------------------------------------- */

static void make(int dirfd, const char *name, uid_t owner, mode_t mode)
{
	assert_int_equal(mkdirat(dirfd, name, 0700), 0);
	assert_int_equal(fchownat(dirfd, name, owner, owner, 0), 0);
	assert_int_equal(fchmodat(dirfd, name, mode, 0), 0);
}

static void meet(struct tmpdir *d, mode_t mode, round_fn *round)
{
	pid_t stranger, worker;
	char dir[100];
	int status;

	if (geteuid() != 0)
		skip();
	fchmod(d->fd, 0755);
	make(d->fd, "shared", 0, mode);
	make(d->fd, "victim", ALICE, 0755);
	make(d->fd, "stage", ALICE, 0700);
	snprintf(dir, sizeof(dir), "%s/shared", d->path);
	score = mmap(NULL, sizeof(*score), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stranger = fork();
	if (stranger == 0)
		swap_for_ever(dir);
	worker = fork();
	if (worker == 0)
		work(dir, round);
	waitpid(worker, &status, 0);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	assert_int_equal(status, 0);
	print_message("# won %u, refused %u\n", score->won, score->refused);
	assert_int_equal(score->astray, 0);
	assert_true(score->won && score->refused);
	assert_int_equal(munmap(score, sizeof(*score)), 0);
}

/* The directory that the stranger's links lead to: its owner could be made to
 * write there, and must not have been. */
static void assert_untouched(struct tmpdir *d)
{
	int fd = openat(d->fd, "victim", O_RDONLY | O_DIRECTORY);

	assert_holds(fd, (const char *[]){ NULL });
	close(fd);
}

static void test_records_are_where_they_were_asked_for(void **state)
{
	meet(*state, 01777, round_of_records);
	assert_untouched(*state);
}

static void test_results_do_not_follow_a_strangers_link(void **state)
{
	meet(*state, 0777, round_of_results);
	assert_untouched(*state);
}

static void test_restored_files_do_not_follow_a_strangers_link(void **state)
{
	meet(*state, 0777, round_of_restores);
	assert_untouched(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_records_are_where_they_were_asked_for),
		TEST_IN_TMPDIR(test_results_do_not_follow_a_strangers_link),
		TEST_IN_TMPDIR(
			test_restored_files_do_not_follow_a_strangers_link),
	};

	return cmocka_run_group_tests_name("swap", tests, NULL, NULL);
}
