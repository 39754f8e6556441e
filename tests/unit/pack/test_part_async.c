/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_part_async.c - who puts asynchronously waits for a copy, and for room;
 *                     and what the threads behind it are and are not
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/parts.h"

#define MIB (1u << 20)
#define MEMORY (4u * MIB)

static struct {
	pthread_mutex_t closed;	/* held: nothing is written */
	_Atomic uint64_t written;
	_Atomic int error, unblocked;
	pthread_t caller;
} disk = { .closed = PTHREAD_MUTEX_INITIALIZER };

static uint8_t data[16 * MIB];

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	bool mine = pthread_equal(pthread_self(), disk.caller);
	sigset_t blocked;
	ssize_t done;

	pthread_mutex_lock(&disk.closed);
	pthread_mutex_unlock(&disk.closed);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	if (!mine && !sigismember(&blocked, SIGTERM))
		disk.unblocked++;
	if (!mine && disk.error) {
		errno = disk.error;
		return -1;
	}
	done = __real_pwritev(fd, iov, n, at);
	if (!mine && done > 0)
		disk.written += (uint64_t)done;
	return done;
}

static struct pack_writer *create(struct tmpdir *d)
{
	struct pack_options opt = part_options();
	struct pack_writer *w;

	opt.async = true;
	opt.memory_max = MEMORY;
	disk.caller = pthread_self();
	disk.written = 0;
	disk.error = 0;
	w = pack_create(d->fd, "part", &opt, &d->err);
	assert_non_null(w);
	return w;
}

/* A hang is a failure. */
static void test_a_put_does_not_wait_for_the_disk(void **state)
{
	struct tmpdir *d = *state;
	struct pack_writer *w = create(d);
	struct pack_sum sum;

	alarm(120);
	pthread_mutex_lock(&disk.closed);
	assert_ok(part_put_bytes(w, "a", data, 3 * MIB, &d->err), &d->err);
	assert_int_equal(disk.written, 0);
	pthread_mutex_unlock(&disk.closed);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	assert_true(disk.written >= 3 * MIB);
	assert_int_equal(disk.unblocked, 0);	/* signals are the program's */
	alarm(0);
}

static void test_copies_take_no_more_memory_than_allowed(void **state)
{
	struct tmpdir *d = *state;
	struct pack_writer *w = create(d);
	struct pack_sum sum;
	char name[8];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%u", i);
		assert_ok(part_put_bytes(w, name, data, MIB + i * 100000,
					 &d->err), &d->err);
		sum.bytes = (i + 1) * MIB + i * (i + 1) / 2 * 100000;
		assert_true(sum.bytes <= disk.written + MEMORY);
	}
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
}

static void test_what_fails_behind_the_caller_is_told_in_the_end(void **state)
{
	struct tmpdir *d = *state;
	struct pack_writer *w = create(d);
	struct pack_sum sum;

	disk.error = ENOSPC;
	assert_ok(part_put_bytes(w, "a", data, 2 * MIB, &d->err), &d->err);
	assert_fails(pack_finish(w, &sum, &d->err), &d->err, BELAY_EFAILED,
		     "cannot write 'part': No space left");
	assert_holds(d->fd, (const char *[]){ NULL });
	/* or by a put that needs the room */
	w = create(d);
	disk.error = EDQUOT;
	assert_fails(part_put_bytes(w, "a", data, sizeof(data), &d->err),
		     &d->err, BELAY_EFAILED, "cannot write 'part': ");
	assert_int_equal(d->err.sys, EDQUOT);
	pack_abandon(w);
	assert_holds(d->fd, (const char *[]){ NULL });
}

static void child_of(struct tmpdir *d, struct pack_writer *w)
{
	struct pack_sum sum;

	if (part_put_bytes(w, "b", data, 5, &d->err) == 0 ||
	    d->err.code != BELAY_EINVAL)
		_exit(1);
	if (pack_finish(w, &sum, &d->err) == 0 || d->err.code != BELAY_EINVAL)
		_exit(2);
	_exit(0);
}

static void test_a_fork_neither_writes_nor_removes(void **state)
{
	struct tmpdir *d = *state;
	struct pack_writer *w = create(d);
	struct pack_reader *r;
	struct pack_sum sum;
	int status;
	pid_t pid;

	part_fill(data, 2 * MIB, 1);
	assert_ok(part_put_bytes(w, "a", data, 2 * MIB, &d->err), &d->err);
	pid = fork();
	if (pid == 0)
		child_of(d, w);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	r = pack_open(d->fd, "part", &sum.index, &d->err);
	assert_non_null(r);
	part_expect(d, r, "a", data, 2 * MIB);
	pack_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_put_does_not_wait_for_the_disk),
		TEST_IN_TMPDIR(test_copies_take_no_more_memory_than_allowed),
		TEST_IN_TMPDIR(test_what_fails_behind_the_caller_is_told_in_the_end),
		TEST_IN_TMPDIR(test_a_fork_neither_writes_nor_removes),
	};

	return cmocka_run_group_tests_name("part_async", tests, NULL, NULL);
}
