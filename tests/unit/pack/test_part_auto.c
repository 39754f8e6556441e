/* SPDX-License-Identifier: Apache-2.0 */
/* test_part_auto.c - what is compressed when belay may choose: see pace.c */

#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/parts.h"

#define BYTES (24u << 20)

static long ns_per_mib;		/* what the disk takes; 0: it forgets all */

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	struct timespec slow = { 0 };
	size_t bytes = 0;

	for (int i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	if (!ns_per_mib)
		return (ssize_t)bytes;
	slow.tv_nsec = (long)((double)ns_per_mib * (double)bytes / (1 << 20));
	nanosleep(&slow, NULL);
	return __real_pwritev(fd, iov, n, at);
}

/* How much of what was put is in the file. */
static double stored(struct tmpdir *d, const void *data, unsigned threads)
{
	struct pack_options opt = part_options();
	struct pack_sum sum;

	opt.zstd_level = PACK_ZSTD_AUTO;
	opt.threads = threads;
	part_write(d, "part", &opt, data, BYTES, &sum);
	unlinkat(d->fd, "part", 0);
	return (double)sum.stored / BYTES;
}

#define TRIES 20

/* A busy machine may hold up a thread just where it is timed, so it is enough
 * to choose right once. */
static void assert_stored(struct tmpdir *d, const void *data, unsigned threads,
			  double least, double most)
{
	double part = -1;

	for (int i = 0; i < TRIES && (part < least || part > most); i++)
		part = stored(d, data, threads);
	if (part < least || part > most)
		fail_msg("%g of the bytes are stored", part);
}

/* Three quarters of each block are one byte. */
static uint8_t *mostly_empty(void)
{
	uint8_t *data = malloc(BYTES);

	part_fill(data, BYTES, 1);
	for (size_t at = 0; at < BYTES; at += 8192)
		memset(data + at, 0, 6144);
	return data;
}

static void test_a_slow_disk_makes_compression_pay(void **state)
{
	uint8_t *data = mostly_empty();

	ns_per_mib = 40000000;		/* 25 MiB/s each writer */
	assert_stored(*state, data, 1, 0, 0.5);
	assert_stored(*state, data, 2, 0, 0.5);
	free(data);
}

static void test_a_fast_disk_does_not(void **state)
{
	uint8_t *data = mostly_empty();

	ns_per_mib = 0;
	assert_stored(*state, data, 2, 0.9, 1);
	free(data);
}

static void test_what_does_not_become_less_is_left_as_it_is(void **state)
{
	uint8_t *data = malloc(BYTES);

	part_fill(data, BYTES, 1);
	ns_per_mib = 10000000;
	assert_true(stored(*state, data, 2) == 1.0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_slow_disk_makes_compression_pay),
		TEST_IN_TMPDIR(test_a_fast_disk_does_not),
		TEST_IN_TMPDIR(test_what_does_not_become_less_is_left_as_it_is),
	};

	return cmocka_run_group_tests_name("part_auto", tests, NULL, NULL);
}
