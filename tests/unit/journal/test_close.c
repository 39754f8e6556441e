/* SPDX-License-Identifier: Apache-2.0 */
/* test_close.c - what NFS tells a writer when it closes its journal */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "journal/journal.h"
#include "tests/support/numbers.h"
#include "tests/support/testrun.h"

const char *__wrap_fs_type(int fd, bool *local_only);
const char *__wrap_fs_type(int fd, bool *local_only)
{
	(void)fd;
	*local_only = false;
	return "nfs";
}

static int closes_that_fail;		/* of the next ones */
static int close_errno = EDQUOT;

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
	errno = close_errno;
	return -1;
}

static void test_what_close_reports_is_not_acknowledged(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w;

	w = numbers_open(r, n, JOURNAL_SMALL, d);
	numbers_add(w, 0);
	closes_that_fail = 2;
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFAILED,
		     "Disk quota exceeded");
	closes_that_fail = 0;
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_int_equal(numbers_read(r, n, d).n, 1);
	journal_close(w);
	run_close(r);
}

/* What is interrupted there is closed, and what it held is written. */
static void test_an_interrupted_close_leaves_no_segment(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct journal_writer *w;
	char path[512];

	w = numbers_open(r, n, JOURNAL_SMALL, d);
	closes_that_fail = 2;
	close_errno = EINTR;
	for (uint32_t i = 0; i < 2; i++) {
		numbers_add(w, i);
		assert_ok(journal_commit(w, &d->err), &d->err);
	}
	assert_int_equal(closes_that_fail, 0);
	close_errno = EDQUOT;
	journal_close(w);
	testrun_journal(r, n, ".log", path);	/* there is one */
	assert_int_equal(numbers_read(r, n, d).n, 2);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_close_reports_is_not_acknowledged),
		TEST_IN_TMPDIR(test_an_interrupted_close_leaves_no_segment),
	};

	return cmocka_run_group_tests_name("close", tests, NULL, NULL);
}
