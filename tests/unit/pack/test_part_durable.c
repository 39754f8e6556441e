/* SPDX-License-Identifier: Apache-2.0 */
/* test_part_durable.c - a part is durable when it is finished, or it is not
 * there */

#include <errno.h>

#include "tests/support/parts.h"

static int sync_errno;
static unsigned synced;

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	synced++;
	errno = sync_errno;
	return sync_errno ? -1 : 0;
}

static int finish(struct tmpdir *d, struct pack_sum *sum)
{
	struct pack_options opt = part_options();
	struct pack_writer *w = pack_create(d->fd, "p", &opt, &d->err);

	synced = 0;
	assert_ok(part_put_bytes(w, "a", "abc", 3, &d->err), &d->err);
	return pack_finish(w, sum, &d->err);
}

static void test_a_part_is_synced_once(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum sum;

	sync_errno = 0;
	assert_ok(finish(d, &sum), &d->err);
	assert_int_equal(synced, 1);
}

static void test_what_failed_to_sync_is_lost_for_good(void **state)
{
	static const int reasons[] = { EIO, ENOSPC, EDQUOT };
	struct tmpdir *d = *state;
	struct pack_sum sum;

	for (unsigned i = 0; i < 3; i++) {
		sync_errno = reasons[i];
		assert_fails(finish(d, &sum), &d->err, BELAY_EFAILED,
			     "cannot make 'p' durable: ");
		assert_int_equal(d->err.sys, reasons[i]);
		assert_int_equal(synced, 1);	/* never again */
		assert_holds(d->fd, (const char *[]){ NULL });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_part_is_synced_once),
		TEST_IN_TMPDIR(test_what_failed_to_sync_is_lost_for_good),
	};

	return cmocka_run_group_tests_name("part_durable", tests, NULL, NULL);
}
