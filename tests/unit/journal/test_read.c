/* SPDX-License-Identifier: Apache-2.0 */
/* test_read.c - of several segments, what follows from what is believed */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal.h"
#include "tests/support/testrun.h"

/* ---- a batch that is not seen yet, though the next one is ---- */

static int unseen;		/* for so many readings */

int __real_fs_read(int dirfd, const char *name, size_t max, struct buf *out,
		   struct belay_error *err);
int __wrap_fs_read(int dirfd, const char *name, size_t max, struct buf *out,
		   struct belay_error *err);
int __wrap_fs_read(int dirfd, const char *name, size_t max, struct buf *out,
		   struct belay_error *err)
{
	int rc = __real_fs_read(dirfd, name, max, out, err);

	if (rc == 0 && unseen && strstr(name, ".log")) {
		unseen--;
		memset(out->data + 4 * 4096, 0, 4096);
	}
	return rc;
}

/* ---- what a reading tells ---- */

struct heard {
	uint64_t n;		/* records that count */
	unsigned damaged;
	char journal[256], reason[160];		/* of the last damage */
};

static int hear(const struct record *rec, void *arg)
{
	struct heard *h = arg;

	assert_int_equal(rec->seq, ++h->n);
	return 0;
}

static void hear_damage(unsigned attempt, const char *journal,
			const struct journal_end *end, void *arg)
{
	struct heard *h = arg;

	(void)attempt;
	if (end->state != JOURNAL_CORRUPT)
		return;
	h->damaged++;
	snprintf(h->journal, sizeof(h->journal), "%s", journal);
	snprintf(h->reason, sizeof(h->reason), "%s", end->reason);
}

static struct heard read_attempt(struct run *r, unsigned n, struct tmpdir *d)
{
	struct heard h = { .n = 0 };

	assert_ok(journal_read(r, n, JOURNAL_SKIP_LATE, hear, &h, hear_damage,
			       &d->err), &d->err);
	return h;
}

/* ---- three segments of one writer, 31 records each but the last ---- */

#define WRITER "shell-n1-00000000"
#define PER_SEGMENT 31

static void write_journal(struct run *r, unsigned n, struct tmpdir *d)
{
	struct journal_writer *w = journal_continue(r, n, WRITER, NULL, NULL,
						    &d->err);

	assert_non_null(w);
	for (int i = 0; i < 100; i++) {
		assert_int_not_equal(journal_add(w, 35, NULL, 0, &d->err), 0);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	journal_close(w);
}

static void path_of(struct run *r, unsigned n, unsigned segment, char path[512])
{
	snprintf(path, 512, "%s/attempts/%06u/journal/%s.%04u.log", r->dir, n,
		 WRITER, segment);
}

static void remove_segment(struct run *r, unsigned n, unsigned segment)
{
	char path[512];

	path_of(r, n, segment, path);
	assert_int_equal(unlink(path), 0);
}

/* Put what one file holds in the place of another. */
static void copy(const char *from, const char *to)
{
	static char bytes[2 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
	ssize_t len = read(in, bytes, sizeof(bytes));

	assert_true(len > 0);
	assert_int_equal(write(out, bytes, (size_t)len), len);
	close(in);
	close(out);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* ---- tests ---- */

static void test_what_follows_a_missing_segment_is_not_believed(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct heard h;

	write_journal(r, n, d);
	assert_int_equal(read_attempt(r, n, d).n, 100);
	remove_segment(r, n, 2);
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, PER_SEGMENT);
	assert_int_equal(h.damaged, 1);
	assert_string_equal(h.journal, WRITER ".0003.log");
	assert_string_equal(h.reason, "records before it are missing");
	run_close(r);
}

static void test_damage_inside_a_segment_ends_the_writer(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char path[512];
	struct heard h;

	write_journal(r, n, d);
	path_of(r, n, 1, path);
	flip(path, 3 * 4096 + 50);
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.damaged, 3);		/* and both that follow */
	run_close(r);
}

static void test_a_segment_in_the_wrong_place_is_refused(void **state)
{
	struct tmpdir *d = *state, *o = NULL;
	struct run *r = testrun_open(d), *foreign;
	unsigned n = testrun_begin(r, d);
	char from[512], to[512];
	struct heard h;

	write_journal(r, n, d);
	path_of(r, n, 1, from);
	path_of(r, n, 4, to);
	copy(from, to);			/* another number */
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, 100);
	assert_string_equal(h.reason, "its header is of another segment");

	assert_int_equal(tmpdir_setup((void **)&o), 0);
	foreign = testrun_open(o);
	memset(foreign->submission, 'a', 32);
	assert_int_equal(testrun_begin(foreign, o), 1);
	write_journal(foreign, 1, o);	/* another run */
	path_of(foreign, 1, 1, from);
	path_of(r, n, 1, to);
	copy(from, to);
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, 0);
	assert_int_equal(h.damaged, 4);
	run_close(foreign);
	run_close(r);
	tmpdir_teardown((void **)&o);
}

/* The same segments of the same attempt, written at another time: all that a
 * header says is the same. */
static void copy_twin(struct run *r, unsigned from, unsigned to)
{
	struct tmpdir *t = NULL;
	struct run *other;
	char a[512], b[512];

	assert_int_equal(tmpdir_setup((void **)&t), 0);
	other = testrun_open(t);
	assert_int_equal(testrun_begin(other, t), 1);
	write_journal(other, 1, t);
	for (unsigned i = from; i <= to; i++) {
		path_of(other, 1, i, a);
		path_of(r, 1, i, b);
		copy(a, b);
	}
	run_close(other);
	tmpdir_teardown((void **)&t);
}

static void test_a_segment_that_follows_other_records_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct heard h;

	assert_int_equal(testrun_begin(r, d), 1);
	write_journal(r, 1, d);
	copy_twin(r, 3, 3);
	h = read_attempt(r, 1, d);
	assert_int_equal(h.n, PER_SEGMENT + 63);
	assert_string_equal(h.reason,
			    "it follows other records than those before it");
	run_close(r);
}

static void test_a_journal_changed_after_its_cut_is_said(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct heard h;

	assert_int_equal(testrun_begin(r, d), 1);
	write_journal(r, 1, d);
	testrun_begin(r, d);
	copy_twin(r, 1, 3);
	h = read_attempt(r, 1, d);
	assert_int_equal(h.damaged, 3);
	assert_string_equal(h.reason,
			    "it is not what was there when its cut was taken");
	run_close(r);
}

static void test_files_that_are_no_journals_are_passed_over(void **state)
{
	static const char *const names[] = {
		"README", "a.log", "a.01.log", "a.0000.log", ".x.0001.log",
		"a.0001.log.old", "a b.0001.log",
	};
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char from[512], to[600];

	write_journal(r, n, d);
	path_of(r, n, 1, from);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(to, sizeof(to), "%s/attempts/%06u/journal/%s", r->dir,
			 n, names[i]);
		copy(from, to);
	}
	assert_int_equal(read_attempt(r, n, d).n, 100);
	assert_int_equal(read_attempt(r, n, d).damaged, 0);
	run_close(r);
}

static void test_what_the_cut_believed_must_still_be_there(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char path[512];
	struct heard h;

	write_journal(r, n, d);
	testrun_begin(r, d);
	assert_int_equal(read_attempt(r, n, d).n, 100);
	assert_int_equal(read_attempt(r, n, d).damaged, 0);

	/* the last batch is lost, which only the cut can tell */
	path_of(r, n, 3, path);
	assert_int_equal(truncate(path, 4096 * (1 + 100 - PER_SEGMENT - 63 - 1)),
			 0);
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, 99);
	assert_string_equal(h.reason, "believed up to byte 28672, but it "
			    "verifies to 24576");
	remove_segment(r, n, 3);
	h = read_attempt(r, n, d);
	assert_int_equal(h.n, PER_SEGMENT + 63);
	assert_string_equal(h.journal, WRITER ".0003.log");
	assert_string_equal(h.reason, "it is missing");
	run_close(r);
}

static void test_damage_at_the_cut_stays_said(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	char path[512];
	struct heard h;

	write_journal(r, n, d);
	path_of(r, n, 3, path);
	flip(path, 2 * 4096 + 50);
	testrun_begin(r, d);
	testrun_begin(r, d);
	for (int i = 0; i < 2; i++) {
		h = read_attempt(r, n, d);
		assert_int_equal(h.n, PER_SEGMENT + 63 + 1);
		assert_int_equal(h.damaged, 1);
		assert_string_equal(h.reason, "it was when its cut was taken");
		assert_ok(run_reload(r, &d->err), &d->err);
	}
	assert_int_equal(run_attempt(r, n + 1)->begin->n_cut, 3);
	run_close(r);
}

static void test_what_only_looks_damaged_is_read_again(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);

	write_journal(r, n, d);
	unseen = 1;
	assert_int_equal(read_attempt(r, n, d).n, 100);
	unseen = 1;
	assert_int_equal(read_attempt(r, n, d).damaged, 0);
	unseen = 0;
	run_close(r);
}

/* A writer that goes on while others read. */
static atomic_bool stop;

static void *write_on(void *arg)
{
	struct journal_writer *w = arg;

	while (!stop)
		if (!journal_add(w, 35, NULL, 0, NULL) ||
		    journal_commit(w, NULL) < 0)
			break;
	return NULL;
}

static void test_reading_what_is_being_written_finds_no_damage(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d), *theirs = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = journal_open(theirs, n, "map", JOURNAL_LARGE,
						&d->err);
	uint64_t before = 0;
	pthread_t thread;

	assert_non_null(w);
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, write_on, w), 0);
	for (int i = 0; i < 100000 && before < 500; i++) {
		struct heard h = read_attempt(r, n, d);

		assert_int_equal(h.damaged, 0);
		assert_true(h.n >= before);
		before = h.n;
	}
	stop = true;
	pthread_join(thread, NULL);
	assert_true(before >= 500);
	journal_close(w);
	run_close(theirs);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(
			test_what_follows_a_missing_segment_is_not_believed),
		TEST_IN_TMPDIR(test_damage_inside_a_segment_ends_the_writer),
		TEST_IN_TMPDIR(test_a_segment_in_the_wrong_place_is_refused),
		TEST_IN_TMPDIR(
			test_a_segment_that_follows_other_records_is_refused),
		TEST_IN_TMPDIR(test_a_journal_changed_after_its_cut_is_said),
		TEST_IN_TMPDIR(test_files_that_are_no_journals_are_passed_over),
		TEST_IN_TMPDIR(test_what_the_cut_believed_must_still_be_there),
		TEST_IN_TMPDIR(test_damage_at_the_cut_stays_said),
		TEST_IN_TMPDIR(test_what_only_looks_damaged_is_read_again),
		TEST_IN_TMPDIR(
			test_reading_what_is_being_written_finds_no_damage),
	};

	return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
