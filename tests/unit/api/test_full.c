/* SPDX-License-Identifier: Apache-2.0 */
/* test_full.c - no room for a checkpoint: it is told, pruned for, waited for */

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "api/handle.h"
#include "tests/support/packs.h"
#include "tests/support/places.h"

static bool disk_full;
static int full_times;		/* so often, and then there is room */

int __real_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v)
{
	int rc = __real_fstatvfs(fd, v);

	if (disk_full || (full_times && full_times--))
		v->f_bavail = 0;
	return rc;
}

static void test_a_full_disk_is_told_at_once(void **state)
{
	static const char *const kept[] = { "000003", NULL };
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;

	places_protect(&p);
	for (int i = 0; i < 3; i++) {
		places_fill(i * PLACES_N);
		assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	}
	disk_full = true;
	p.b->settings.on_full = ON_FULL_CONTINUE;
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), -1);
	assert_int_equal(err->sys, ENOSPC);
	assert_int_equal(packs_files(p.r, "part."), 3);
	p.b->settings.on_full = ON_FULL_PRUNE;
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), -1);
	assert_int_equal(err->sys, ENOSPC);
	disk_full = false;
	assert_int_equal(packs_files(p.r, kept[0]), 1);
	assert_int_equal(packs_files(p.r, "part."), 1);
	assert_int_equal(packs_files(p.r, ".staging"), 0);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	places_leave(&p);
}

static void test_a_pause_lasts_until_there_is_room(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	unsetenv("SLURM_JOB_END_TIME");
	places_protect(&p);
	places_fill(1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	p.b->settings.on_full = ON_FULL_PAUSE;
	full_times = 2;		/* so it waits once */
	places_fill(2 * PLACES_N);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	assert_int_equal(full_times, 0);
	assert_int_equal(id, 2);
	/* not beyond the end of the job */
	full_times = 100;
	setenv("SLURM_JOB_END_TIME", "1000", 1);
	assert_int_equal(belay_checkpoint_begin(p.b, NULL, err) != NULL, 0);
	assert_int_equal(err->sys, ENOSPC);
	unsetenv("SLURM_JOB_END_TIME");
	full_times = 0;
	/* nor for an attempt that is over */
	full_times = 1000;
	testrun_begin(p.r, p.d);
	assert_null(belay_checkpoint_begin(p.b, NULL, err));
	assert_int_equal(err->code, BELAY_EFENCED);
	full_times = 0;
	places_leave(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_full_disk_is_told_at_once),
		TEST_IN_TMPDIR(test_a_pause_lasts_until_there_is_room),
	};

	return cmocka_run_group_tests_name("full", tests, NULL, NULL);
}
