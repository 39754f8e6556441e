/* SPDX-License-Identifier: Apache-2.0 */
/* test_continue.c - what a journal is to those who come after its writer */

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/numbers.h"
#include "tests/support/testrun.h"

/* Else the thousandth attempt reads half a million entries, of each of those
 * before. */
static void test_a_cut_is_of_what_has_none_yet(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	const struct begin *b;

	for (uint32_t i = 0; i < 3; i++) {
		unsigned n = testrun_begin(r, d);
		struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);

		numbers_add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
		journal_close(w);
	}
	b = run_attempt(r, 3)->begin;
	assert_int_equal(b->n_cut, 1);
	assert_int_equal(b->cut[0].attempt, 2);
	testrun_claim(r, &d->err);		/* and never begins */
	b = run_attempt(r, testrun_begin(r, d))->begin;
	assert_int_equal(b->n_cut, 1);
	assert_int_equal(b->cut[0].attempt, 3);
	for (unsigned n = 1; n <= 3; n++) {
		struct heard h = { .n = 0 };

		assert_ok(journal_read(r, n, JOURNAL_WITH_LATE, numbers_hear, &h,
				       numbers_damage, &d->err), &d->err);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.damaged + h.late, 0);
	}
	run_close(r);
}

/* What a process does that does not know yet that it is a zombie. */
static void write_late(struct journal_writer *w, uint32_t number,
		       struct tmpdir *d)
{
	numbers_add(w, number);
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFENCED, "");
	journal_close(w);
}

static void test_what_is_written_beyond_the_cut_is_late(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w = numbers_open(r, n, JOURNAL_SMALL, d);
	struct journal_writer *other = numbers_open(r, n, JOURNAL_SMALL, d);
	uint64_t late = 0;
	struct heard h;

	numbers_add(w, 0);
	assert_ok(journal_commit(w, &d->err), &d->err);
	testrun_begin(r, d);
	assert_ok(journal_count_late(r, n, &late, &d->err), &d->err);
	assert_int_equal(late, 0);
	write_late(w, 1, d);
	write_late(other, 2, d);

	h = numbers_read(r, n, d);
	assert_int_equal(h.n, 1);
	assert_true(h.had[0]);
	assert_int_equal(h.late, 2);
	assert_int_equal(h.damaged, 0);
	assert_ok(journal_count_late(r, n, &late, &d->err), &d->err);
	assert_int_equal(late, 2);
	assert_ok(journal_count_late(r, 2, &late, &d->err), &d->err);
	assert_int_equal(late, 2);
	h = (struct heard){ .n = 0 };
	assert_ok(journal_read(r, n, JOURNAL_SKIP_LATE, numbers_hear, &h, NULL,
			       &d->err), &d->err);
	assert_int_equal(h.late, 0);
	run_close(r);
}

static void continue_with(struct run *r, unsigned n, uint32_t number,
			  struct tmpdir *d)
{
	struct journal_writer *w = journal_continue(r, n, "shell-n1-0", NULL,
						    NULL, &d->err);

	assert_non_null(w);
	numbers_add(w, number);
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
	assert_int_equal(numbers_read(r, n, d).n, 100);
	assert_int_equal(numbers_read(r, n, d).damaged, 0);
	testrun_journal(r, n, "-0.0003.log", path);	/* 31, 63, the rest */
	run_close(r);
}

static void overwrite(const char *path, off_t at, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, text, strlen(text), at),
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
	assert_int_equal(numbers_read(r, n, d).n, 4);
	assert_int_equal(numbers_read(r, n, d).damaged, 0);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_cut_is_of_what_has_none_yet),
		TEST_IN_TMPDIR(test_what_is_written_beyond_the_cut_is_late),
		TEST_IN_TMPDIR(test_a_journal_goes_on_where_the_last_process_stopped),
		TEST_IN_TMPDIR(test_a_torn_end_is_left_and_another_segment_follows),
	};

	return cmocka_run_group_tests_name("continue", tests, NULL, NULL);
}
