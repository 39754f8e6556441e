/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_part_failures.c - a call fails while a part is written or read: the
 *                        first, the second, and so on, until none is left
 *
 * Then there is no part and no file of that name, and no descriptor and no
 * thread is left; or the part is whole.  That no memory stays behind is for
 * SAN=1 to see.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/parts.h"

#define BYTES (6u * PACK_BLOCK + 1000)

enum kind { DISK, MEMORY, THREAD, SHORT, INTERRUPT, KINDS };

static struct {
	enum kind kind;
	_Atomic int at;		/* the nth from now; 0 and less: none */
	int error;
} failing;

static bool fails(enum kind kind)
{
	if (kind != failing.kind || atomic_fetch_sub(&failing.at, 1) != 1)
		return false;
	errno = failing.error;
	return true;
}

static bool disk_fails(void)
{
	if (fails(INTERRUPT)) {
		errno = EINTR;
		return true;
	}
	return fails(DISK);
}

#define WRAP(type, name, params, args, test, failed)			\
	type __real_##name params;					\
	type __wrap_##name params;					\
	type __wrap_##name params					\
	{								\
		return test ? failed : __real_##name args;		\
	}

WRAP(void *, malloc, (size_t n), (n), fails(MEMORY), NULL)
WRAP(void *, calloc, (size_t n, size_t m), (n, m), fails(MEMORY), NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), fails(MEMORY), NULL)
WRAP(void *, mmap, (void *p, size_t n, int a, int b, int c, off_t o),
     (p, n, a, b, c, o), fails(MEMORY), (void *)-1)
WRAP(int, posix_memalign, (void **p, size_t a, size_t n), (p, a, n),
     fails(MEMORY), ENOMEM)
WRAP(int, team_start, (void *(*f)(void *), void *a, unsigned long *t),
     (f, a, t), fails(THREAD), EAGAIN)
WRAP(int, openat, (int d, const char *n, int f, mode_t m), (d, n, f, m),
     disk_fails(), -1)
WRAP(int, fsync, (int fd), (fd), fails(DISK), -1)

/* A short one is some of it, and no error. */
ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	struct iovec some = *iov;

	if (disk_fails())
		return -1;
	if (!fails(SHORT))
		return __real_pwritev(fd, iov, n, at);
	some.iov_len = (some.iov_len + 1) / 2;
	return __real_pwritev(fd, &some, 1, at);
}

ssize_t __real_pread(int fd, void *data, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *data, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *data, size_t n, off_t at)
{
	if (disk_fails())
		return -1;
	return __real_pread(fd, data, fails(SHORT) ? n / 2 : n, at);
}

/* ---- what is done ---- */

static uint8_t data[BYTES], got[BYTES];

static int write_all(struct tmpdir *d, const struct pack_options *opt,
		     struct pack_sum *sum)
{
	struct pack_writer *w = pack_create(d->fd, "part", opt, &d->err);

	if (!w)
		return -1;
	if (part_put_bytes(w, "a", data, BYTES, &d->err) == 0 &&
	    part_put_bytes(w, "b", data, 100, &d->err) == 0)
		return pack_finish(w, sum, &d->err);
	pack_abandon(w);
	return -1;
}

static int read_all(struct tmpdir *d, unsigned threads)
{
	struct pack_reader *r = pack_open(d->fd, "part", NULL, &d->err);
	int rc = -1;

	if (!r)
		return -1;
	if (pack_read(r, pack_entry(r, 0), 0, got, BYTES, threads,
		      &d->err) == 0 &&
	    pack_read(r, pack_entry(r, 1), 7, got, 50, threads, &d->err) == 0)
		rc = pack_verify(r, threads, &d->err);
	pack_close(r);
	return rc;
}

static unsigned count(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

struct case_of {
	enum kind kind;
	int error;
	bool harmless;		/* it goes on, and all is well */
};

static const struct case_of cases[] = {
	{ DISK, EIO, false }, { DISK, ENOSPC, false }, { DISK, EDQUOT, false },
	{ MEMORY, ENOMEM, false }, { THREAD, EAGAIN, true },
	{ SHORT, 0, true }, { INTERRUPT, EINTR, true },
};

/* One call fails; whether it was reached. */
static bool run_once(struct tmpdir *d, const struct case_of *c, int nth,
		     const struct pack_options *opt)
{
	struct pack_sum sum;
	bool reached;
	int rc;

	failing.kind = c->kind;
	failing.error = c->error;
	failing.at = nth;
	rc = write_all(d, opt, &sum);
	if (rc < 0)
		assert_holds(d->fd, (const char *[]){ NULL });
	else
		rc = read_all(d, opt->threads);
	reached = failing.at < 1;
	failing.at = 0;
	if (c->harmless && rc < 0)
		fail_msg("%d of kind %d: %s", nth, c->kind, d->err.text);
	if (rc < 0 && c->kind == DISK && d->err.sys != c->error)
		fail_msg("%d: %s", nth, d->err.text);
	if (rc < 0 && d->err.code == BELAY_ECORRUPT)
		fail_msg("%d of kind %d: %s", nth, c->kind, d->err.text);
	if (faccessat(d->fd, "part", F_OK, 0) == 0) {
		assert_ok(read_all(d, 1), &d->err);
		unlinkat(d->fd, "part", 0);
	}
	return reached;
}

static void run_all(struct tmpdir *d, const struct pack_options *opt)
{
	unsigned files, threads, n = 0;

	assert_true(run_once(d, &cases[0], 1, opt));
	files = count("/proc/self/fd");
	threads = count("/proc/self/task");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int nth = 1; run_once(d, &cases[i], nth, opt); nth++, n++)
			;
	assert_int_equal(count("/proc/self/fd"), files);
	assert_int_equal(count("/proc/self/task"), threads);
	assert_true(n > 60);
}

static void test_a_part_is_whole_or_not_there(void **state)
{
	struct pack_options opt = part_options();

	part_fill(data, BYTES / 2, 1);
	opt.verify = true;
	for (unsigned i = 0; i < 6; i++) {
		opt.threads = 1 + i % 2;
		opt.async = i / 2 == 1;
		opt.zstd_level = i / 2 == 2 ? 1 : 0;
		opt.memory_max = 2u << 20;
		run_all(*state, &opt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_part_is_whole_or_not_there),
	};

	return cmocka_run_group_tests_name("part_failures", tests, NULL, NULL);
}
