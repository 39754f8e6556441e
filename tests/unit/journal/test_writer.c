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

static int closes_that_fail;		/* of the next ones */

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	bool fails = closes_that_fail > 0 &&
		     fcntl(fd, F_GETFL) & (O_WRONLY | O_RDWR);
	int rc = __real_close(fd);

	if (!fails)
		return rc;
	closes_that_fail--;
	errno = EDQUOT;
	return -1;
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
		run_claim(claim_before_look, NULL);
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

/* ---- numbers as records ---- */

struct heard {
	bool had[4096];
	unsigned n, damaged, late;
	uint64_t seq;
};

static int hear(const struct record *rec, void *arg)
{
	struct heard *h = arg;
	struct cursor c = cursor_over(rec->payload, rec->len);
	uint32_t number = get_u32(&c);

	assert_int_equal(rec->len, 4 + number % 50);
	assert_in_range(number, 0, 4095);
	assert_int_equal(rec->type, 32);
	if (rec->late) {
		h->late++;
		return 0;
	}
	assert_false(h->had[number]);
	assert_int_equal(rec->seq, ++h->seq);
	h->had[number] = true;
	h->n++;
	return 0;
}

static void count_damage(unsigned attempt, const char *journal,
			 const struct journal_end *end, void *arg)
{
	struct heard *h = arg;

	(void)attempt;
	(void)journal;
	if (end->state == JOURNAL_CORRUPT)
		h->damaged++;
}

static struct heard read_back(struct run *r, unsigned n, struct tmpdir *d)
{
	struct heard h = { .n = 0 };

	assert_ok(journal_read(r, n, JOURNAL_WITH_LATE, hear, &h, count_damage,
			       &d->err), &d->err);
	return h;
}

static void add(struct journal_writer *w, uint32_t number)
{
	uint8_t payload[4 + 50] = { 0 };

	set_u32(payload, number);
	assert_int_not_equal(journal_add(w, 32, payload, 4 + number % 50, NULL),
			     0);
}

static struct journal_writer *open_new(struct run *r, unsigned n,
				       enum journal_size size, struct tmpdir *d)
{
	struct journal_writer *w = journal_open(r, n, "test", size, &d->err);

	if (!w)
		fail_msg("%s", d->err.text);
	return w;
}

/* ---- tests ---- */

static void test_committed_records_are_read_back_in_order(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);

	for (uint32_t i = 0; i < 300; i++) {
		add(w, i);
		if (i % 7 == 0)
			assert_ok(journal_commit(w, &d->err), &d->err);
	}
	assert_int_equal(journal_pending(w), 5);
	assert_int_equal(read_back(r, n, d).n, 295);
	journal_close(w);
	run_close(r);
}

static void test_nothing_is_on_disk_before_the_first_commit(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_LARGE, d);

	add(w, 1);
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
	struct journal_writer *w = open_new(r, n, JOURNAL_LARGE, d);
	char path[512], suffix[16];
	struct stat st;

	for (uint32_t i = 0; i < 250; i++) {
		add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	for (unsigned i = 0; i < 3; i++) {
		snprintf(suffix, sizeof(suffix), ".%04u.log", i + 1);
		testrun_journal(r, n, suffix, path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, sizes[i]);
	}
	assert_int_equal(read_back(r, n, d).n, 250);
	assert_int_equal(read_back(r, n, d).damaged, 0);
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
		n += len > 4 && !memcmp(target + len - 4, ".log", 4);
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
		w = open_new(r, n, JOURNAL_LARGE, d);
		for (uint32_t k = i; k < i + 5; k++) {
			add(w, k);
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
	struct journal_writer *w = open_new(r, n, JOURNAL_LARGE, d);
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
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);

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
	struct journal_writer *w = open_new(r, n, size, d);
	uint32_t first = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		add(w, i);
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
	unsigned n = run_claim(r, &d->err);
	bool acked[COUNT] = { false };
	struct heard h;

	disk.how = how;
	disk.at = at;
	disk.times = times;
	disk.calls = 0;
	record(r, n, at % 2 ? JOURNAL_LARGE : JOURNAL_SMALL, acked, d);
	disk.how = WORKS;
	assert_true(disk.calls > at);	/* else nothing was tested */
	h = read_back(r, n, d);
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
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);

	add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	disk.how = FAILS_FULL;
	disk.times = 1000000;
	add(w, 1);
	for (int i = 0; i < 3; i++)
		assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
			     "cannot write a journal: No space left");
	assert_int_equal(journal_pending(w), 1);
	assert_int_equal(read_back(r, n, d).n, 1);

	disk.how = WORKS;
	add(w, 2);
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_int_equal(read_back(r, n, d).n, 3);
	assert_int_equal(read_back(r, n, d).damaged, 0);
	journal_close(w);
	run_close(r);
}

static void test_a_nearly_full_disk_takes_what_fits(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_LARGE, d);

	disk.how = NEARLY_FULL;
	disk.times = 1000000;
	for (uint32_t i = 0; i < 100; i++) {
		add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	assert_int_equal(read_back(r, n, d).n, 100);
	journal_close(w);
	run_close(r);
}

static void test_a_newer_attempt_fences_even_after_the_write(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);

	add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	add(w, 1);
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
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);
	static const char zeros[4096];
	char path[512];
	int fd;

	add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	add(w, 1);
	look_fails = true;
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
		     "cannot list a directory");
	assert_ok(journal_commit(w, &d->err), &d->err);
	add(w, 2);
	assert_ok(journal_commit(w, &d->err), &d->err);
	journal_close(w);
	testrun_journal(r, n, ".0001.log", path);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, zeros, 4096, 8192), 4096);
	close(fd);
	assert_int_equal(read_back(r, n, d).n, 3);
	assert_int_equal(read_back(r, n, d).damaged, 0);
	run_close(r);
}

static void test_what_close_reports_is_not_acknowledged(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w;

	disk_type = "nfs";
	w = open_new(r, n, JOURNAL_SMALL, d);
	add(w, 0);
	closes_that_fail = 2;
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
		     "Disk quota exceeded");
	closes_that_fail = 0;
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_int_equal(read_back(r, n, d).n, 1);
	disk_type = NULL;
	journal_close(w);
	run_close(r);
}

static void test_a_journal_is_found_where_there_was_none(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);
	struct stat st;
	int fd;

	assert_int_equal(read_back(r, n, d).n, 0);
	add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	fd = run_attempt_dir(r, n, &d->err);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	absent_in = st.st_ino;
	assert_int_equal(read_back(r, n, d).n, 1);
	absent_in = 0;
	journal_close(w);
	run_close(r);
}

/* Else the thousandth attempt reads half a million entries, of each of those
 * before. */
static void test_a_cut_is_of_what_has_none_yet(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	const struct begin *b;

	for (uint32_t i = 0; i < 3; i++) {
		unsigned n = testrun_begin(r, d);
		struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);

		add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
		journal_close(w);
	}
	b = run_attempt(r, 3)->begin;
	assert_int_equal(b->n_cut, 1);
	assert_int_equal(b->cut[0].attempt, 2);
	run_claim(r, &d->err);		/* and never begins */
	b = run_attempt(r, testrun_begin(r, d))->begin;
	assert_int_equal(b->n_cut, 1);
	assert_int_equal(b->cut[0].attempt, 3);
	for (unsigned n = 1; n <= 3; n++) {
		struct heard h = { .n = 0 };

		assert_ok(journal_read(r, n, JOURNAL_WITH_LATE, hear, &h,
				       count_damage, &d->err), &d->err);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.damaged + h.late, 0);
	}
	run_close(r);
}

/* What a process does that does not know yet that it is a zombie. */
static void write_late(struct journal_writer *w, uint32_t number,
		       struct tmpdir *d)
{
	add(w, number);
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFENCED, "");
	journal_close(w);
}

static void test_what_is_written_beyond_the_cut_is_late(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = open_new(r, n, JOURNAL_SMALL, d);
	struct journal_writer *other = open_new(r, n, JOURNAL_SMALL, d);
	uint64_t late = 0;
	struct heard h;

	add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	testrun_begin(r, d);
	assert_ok(journal_count_late(r, n, &late, &d->err), &d->err);
	assert_int_equal(late, 0);
	write_late(w, 1, d);
	write_late(other, 2, d);

	h = read_back(r, n, d);
	assert_int_equal(h.n, 1);
	assert_true(h.had[0]);
	assert_int_equal(h.late, 2);
	assert_int_equal(h.damaged, 0);
	assert_ok(journal_count_late(r, n, &late, &d->err), &d->err);
	assert_int_equal(late, 2);
	assert_ok(journal_count_late(r, 2, &late, &d->err), &d->err);
	assert_int_equal(late, 2);
	h = (struct heard){ .n = 0 };
	assert_ok(journal_read(r, n, JOURNAL_SKIP_LATE, hear, &h, NULL, &d->err),
		  &d->err);
	assert_int_equal(h.late, 0);
	run_close(r);
}

static void continue_with(struct run *r, unsigned n, uint32_t number,
			  struct tmpdir *d)
{
	struct journal_writer *w = journal_continue(r, n, "shell-n1-0", NULL,
						    NULL, &d->err);

	assert_non_null(w);
	add(w, number);
	assert_ok(journal_commit(w, &d->err), &d->err);
	journal_close(w);
}

static void test_a_journal_goes_on_where_the_last_process_stopped(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char path[512];

	for (uint32_t i = 0; i < 100; i++)
		continue_with(r, n, i, d);
	assert_int_equal(read_back(r, n, d).n, 100);
	assert_int_equal(read_back(r, n, d).damaged, 0);
	testrun_journal(r, n, "-0.0003.log", path);	/* 31, 63, the rest */
	run_close(r);
}

static void overwrite(const char *path, off_t at, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(__real_pwrite(fd, text, strlen(text), at),
			 strlen(text));
	close(fd);
}

static void test_a_torn_end_is_left_and_another_segment_follows(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char path[512];

	continue_with(r, n, 0, d);
	continue_with(r, n, 1, d);
	testrun_journal(r, n, ".0001.log", path);
	overwrite(path, 3 * 4096, "torn");
	continue_with(r, n, 2, d);
	continue_with(r, n, 3, d);
	testrun_journal(r, n, ".0002.log", path);
	assert_int_equal(read_back(r, n, d).n, 4);
	assert_int_equal(read_back(r, n, d).damaged, 0);
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
		TEST(test_what_close_reports_is_not_acknowledged),
		TEST(test_a_journal_is_found_where_there_was_none),
		TEST(test_a_cut_is_of_what_has_none_yet),
		TEST(test_what_is_written_beyond_the_cut_is_late),
		TEST(test_a_journal_goes_on_where_the_last_process_stopped),
		TEST(test_a_torn_end_is_left_and_another_segment_follows),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
