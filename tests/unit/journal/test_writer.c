/* SPDX-License-Identifier: Apache-2.0 */
/* test_writer.c - what was acknowledged is read back, whatever fails */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "journal/journal.h"
#include "tests/support/numbers.h"
#include "tests/support/testrun.h"

/* ---- a disk that fails ---- */

enum failure {
	WORKS, FAILS_EIO, FAILS_FULL, WRITES_HALF, REPORTS_EIO,
	NEARLY_FULL,		/* no room for much in advance */
};

static struct {
	enum failure how;
	int at, times, calls;	/* from call `at` on, that many times */
} disk;

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
	int call = disk.calls++;
	bool fails = call >= disk.at && call < disk.at + disk.times &&
		     (disk.how != NEARLY_FULL || len > 65536);

	if (fails && disk.how == WRITES_HALF && len > 4096)
		len = 4096;	/* the rest next time, as write(2) may */
	if (fails && disk.how == REPORTS_EIO)	/* though it is on the disk */
		assert_true(__real_pwrite(fd, data, len, at) >= 0);
	if (fails && disk.how != WRITES_HALF && disk.how != WORKS) {
		errno = disk.how == FAILS_FULL || disk.how == NEARLY_FULL ?
			ENOSPC : EIO;
		return -1;
	}
	return __real_pwrite(fd, data, len, at);
}

/* ---- a disk that is elsewhere ---- */

static const char *disk_type;	/* NULL: the real one */

const char *__real_fs_type(int fd, bool *local_only);
const char *__wrap_fs_type(int fd, bool *local_only);
const char *__wrap_fs_type(int fd, bool *local_only)
{
	return disk_type ? disk_type : __real_fs_type(fd, local_only);
}

/* NFS: a name that was looked for and not found is not there for this node,
 * until it reads the directory. */
static ino_t absent_in;			/* "journal" in this directory; 0: none */

int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...)
{
	struct stat st = { 0 };

	if (absent_in && fstat(dirfd, &st) == 0 && st.st_ino == absent_in) {
		if (!strcmp(name, "."))
			absent_in = 0;
		if (!strcmp(name, "journal")) {
			errno = ENOENT;
			return -1;
		}
	}
	return __real_openat(dirfd, name, flags, 0600);
}

/* ---- a newer attempt between the write and the look ---- */

static struct run *claim_before_look;
static bool look_fails;			/* the next one, with EIO */

int __real_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err);
int __wrap_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err);
int __wrap_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err)
{
	if (claim_before_look)
		testrun_claim(claim_before_look, NULL);
	claim_before_look = NULL;
	if (look_fails) {
		look_fails = false;
		errno = EIO;
		return err_sys(err, "cannot list a directory");
	}
	return __real_run_check_fence(r, n, err);
}

static int setup(void **state)
{
	disk.how = WORKS;
	disk.at = disk.times = disk.calls = 0;
	return tmpdir_setup(state);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, tmpdir_teardown)

/* ---- tests ---- */

static void test_committed_records_are_read_back_in_order(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);

	for (uint32_t i = 0; i < 300; i++) {
		numbers_add(w, i);
		if (i % 7 == 0)
			assert_ok(journal_commit(w, &d->err), &d->err);
	}
	assert_int_equal(journal_pending(w), 5);
	assert_int_equal(numbers_read(r, n, d).n, 295);
	journal_close(w);
	run_close(r);
}

static void test_nothing_is_on_disk_before_the_first_commit(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_LARGE, d);

	numbers_add(w, 1);
	journal_close(w);
	assert_fails(run_journal_dir(r, n, false, &d->err), &d->err,
		     BELAY_ENOENT, "journal");
	run_close(r);
}

static void test_a_large_journal_grows_in_segments(void **state)
{
	static const off_t sizes[] = { 256 << 10, 512 << 10, 1 << 20 };
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_LARGE, d);
	char path[512], suffix[16];
	struct stat st;

	for (uint32_t i = 0; i < 250; i++) {
		numbers_add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	for (unsigned i = 0; i < 3; i++) {
		snprintf(suffix, sizeof(suffix), ".%04u.log", i + 1);
		testrun_journal(r, n, suffix, path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, sizes[i]);
	}
	assert_int_equal(numbers_read(r, n, d).n, 250);
	assert_int_equal(numbers_read(r, n, d).damaged, 0);
	journal_close(w);
	run_close(r);
}

/* How many descriptors of ours are journals. */
static int count_open(void)
{
	char path[32], target[512];
	int n = 0;

	for (int fd = 0; fd < 64; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		n += strstr(target, "/journal/") != NULL;
	}
	return n;
}

static void test_nothing_is_held_open_on_nfs(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);

	for (uint32_t i = 0; i < 20; i += 10) {
		struct journal_writer *w;

		disk_type = i ? "nfs" : NULL;
		w = numbers_open(r, n, JOURNAL_LARGE, d);
		for (uint32_t k = i; k < i + 5; k++) {
			numbers_add(w, k);
			assert_ok(journal_commit(w, &d->err), &d->err);
			assert_int_equal(count_open(), i ? 0 : 1);
		}
		journal_close(w);
	}
	disk_type = NULL;
	run_close(r);
}

static int count_bytes(const struct record *rec, void *arg)
{
	*(size_t *)arg += rec->len;
	return 0;
}

static void test_a_batch_larger_than_the_first_segment_is_one_batch(void **state)
{
	static const uint8_t large[300 << 10];
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_LARGE, d);
	size_t bytes = 0;

	assert_int_equal(journal_add(w, 99, large, sizeof(large), NULL), 1);
	assert_int_equal(journal_add(w, 99, large, sizeof(large), NULL), 2);
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_ok(journal_read(r, n, JOURNAL_SKIP_LATE, count_bytes, &bytes,
			       NULL, &d->err), &d->err);
	assert_int_equal(bytes, 2 * sizeof(large));
	journal_close(w);
	run_close(r);
}

static void test_too_much_waiting_is_refused_and_nothing_is_lost(void **state)
{
	static const uint8_t large[3 << 20];
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);

	assert_int_equal(journal_add(w, 99, large, sizeof(large), NULL), 1);
	assert_int_equal(journal_add(w, 99, large, sizeof(large), &d->err), 0);
	assert_int_equal(d->err.code, BELAY_EBUSY);
	assert_string_equal(d->err.text, "too much is waiting to be recorded");
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_int_equal(journal_add(w, 99, large, sizeof(large), NULL), 2);
	journal_close(w);
	run_close(r);
}

enum { COUNT = 48 };

/* Record numbers; *acked says which ones may be relied on. */
static void record(struct run *r, unsigned n, enum journal_size size,
		   bool acked[COUNT], struct tmpdir *d)
{
	struct journal_writer *w = numbers_open(r, n, size, d);
	uint32_t first = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		numbers_add(w, i);
		if (i % 3 != 2 || journal_commit(w, &d->err) < 0)
			continue;
		for (; first <= i; first++)
			acked[first] = true;
	}
	journal_close(w);
}

/* Acknowledged is a subset of recovered is a subset of added. */
static void check_model(const struct heard *h, const bool acked[COUNT])
{
	for (uint32_t i = 0; i < 4096; i++) {
		if (i >= COUNT)
			assert_false(h->had[i]);
		else if (acked[i] && !h->had[i])
			fail_msg("record %u was acknowledged and is lost", i);
	}
	assert_int_equal(h->damaged, 0);
}

static void fail_at(enum failure how, int at, int times, struct tmpdir *d)
{
	struct run *r = testrun_open(d);
	unsigned n = testrun_claim(r, &d->err);
	bool acked[COUNT] = { false };
	struct heard h;

	disk.how = how;
	disk.at = at;
	disk.times = times;
	disk.calls = 0;
	record(r, n, at % 2 ? JOURNAL_LARGE : JOURNAL_SMALL, acked, d);
	disk.how = WORKS;
	assert_true(disk.calls > at);	/* else nothing was tested */
	h = numbers_read(r, n, d);
	check_model(&h, acked);
	assert_true(acked[COUNT - 1]);	/* it recovered, too */
	run_close(r);
}

static void test_what_was_acknowledged_is_there_whatever_write_fails(void **state)
{
	static const int times[] = { 1, 2, 5 };

	for (int how = FAILS_EIO; how <= REPORTS_EIO; how++)
		for (int at = 0; at < 10; at++)
			for (int i = 0; i < 3; i++)
				fail_at((enum failure)how, at, times[i], *state);
}

static void test_a_disk_that_stays_full_acknowledges_nothing_more(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);

	numbers_add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	disk.how = FAILS_FULL;
	disk.times = 1000000;
	numbers_add(w, 1);
	for (int i = 0; i < 3; i++)
		assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
			     "cannot write a journal: No space left");
	assert_int_equal(journal_pending(w), 1);
	assert_int_equal(numbers_read(r, n, d).n, 1);

	disk.how = WORKS;
	numbers_add(w, 2);
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_int_equal(numbers_read(r, n, d).n, 3);
	assert_int_equal(numbers_read(r, n, d).damaged, 0);
	journal_close(w);
	run_close(r);
}

static void test_a_nearly_full_disk_takes_what_fits(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_LARGE, d);

	disk.how = NEARLY_FULL;
	disk.times = 1000000;
	for (uint32_t i = 0; i < 100; i++) {
		numbers_add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	assert_int_equal(numbers_read(r, n, d).n, 100);
	journal_close(w);
	run_close(r);
}

static void test_a_newer_attempt_fences_even_after_the_write(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);

	numbers_add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	numbers_add(w, 1);
	claim_before_look = r;
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFENCED,
		     "attempt 2 has begun");
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFENCED,
		     "newer attempt than 1");
	journal_close(w);
	run_close(r);
}

/* The records are on the disk, but nobody may say so; then they are written
 * again, and it is the repetition that lives on. */
static void test_a_repetition_stands_by_itself(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);
	static const char zeros[4096];
	char path[512];
	int fd;

	numbers_add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	numbers_add(w, 1);
	look_fails = true;
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
		     "cannot list a directory");
	assert_ok(journal_commit(w, &d->err), &d->err);
	numbers_add(w, 2);
	assert_ok(journal_commit(w, &d->err), &d->err);
	journal_close(w);
	testrun_journal(r, n, ".0001.log", path);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, zeros, 4096, 8192), 4096);
	close(fd);
	assert_int_equal(numbers_read(r, n, d).n, 3);
	assert_int_equal(numbers_read(r, n, d).damaged, 0);
	run_close(r);
}

static void test_a_journal_is_found_where_there_was_none(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);
	struct stat st;
	int fd;

	assert_int_equal(numbers_read(r, n, d).n, 0);
	numbers_add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	fd = run_attempt_dir(r, n, &d->err);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	absent_in = st.st_ino;
	assert_int_equal(numbers_read(r, n, d).n, 1);
	absent_in = 0;
	journal_close(w);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_committed_records_are_read_back_in_order),
		TEST(test_nothing_is_on_disk_before_the_first_commit),
		TEST(test_a_large_journal_grows_in_segments),
		TEST(test_nothing_is_held_open_on_nfs),
		TEST(test_a_batch_larger_than_the_first_segment_is_one_batch),
		TEST(test_too_much_waiting_is_refused_and_nothing_is_lost),
		TEST(test_what_was_acknowledged_is_there_whatever_write_fails),
		TEST(test_a_disk_that_stays_full_acknowledges_nothing_more),
		TEST(test_a_nearly_full_disk_takes_what_fits),
		TEST(test_a_newer_attempt_fences_even_after_the_write),
		TEST(test_a_repetition_stands_by_itself),
		TEST(test_a_journal_is_found_where_there_was_none),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
