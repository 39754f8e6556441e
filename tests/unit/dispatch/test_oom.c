/* SPDX-License-Identifier: Apache-2.0 */
/* test_oom.c - the kernel's count of processes killed for want of memory */

#include <stdio.h>
#include <sys/stat.h>

#include "dispatch/oom.h"
#include "tests/support/test.h"

/* Make dir and all above it, and file in it. */
static void put(struct tmpdir *d, const char *dir, const char *file,
		const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/", d->path, dir);
	for (char *p = path + strlen(d->path) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	strcat(path, file);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_v2_counts_for_the_job_and_all_below(void **state)
{
	struct tmpdir *d = *state;

	put(d, "s/job_12/step_batch/slurm", "memory.events", "oom_kill 0\n");
	assert_false(oom_counted("0::/s/job_12/step_batch/slurm\n", d->path));
	put(d, "s/job_12", "memory.events",
	    "low 0\noom 1\noom_kill 1\noom_group_kill 0\n");
	assert_true(oom_counted("0::/s/job_12/step_batch/slurm\n", d->path));
}

static void test_v1_has_a_hierarchy_of_its_own(void **state)
{
	struct tmpdir *d = *state;
	const char *where = "11:freezer:/slurm/uid_1/job_12/step_batch\n"
			    "9:memory:/slurm/uid_1/job_12/step_batch\n";

	put(d, "memory/slurm/uid_1/job_12/step_batch", "memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	assert_true(oom_counted(where, d->path));
}

static void test_others_do_not_count(void **state)
{
	struct tmpdir *d = *state;

	put(d, "s/job_12", "memory.events", "oom_kill 0\n");
	put(d, "s/job_13", "memory.events", "oom_kill 1\n");
	put(d, "s", "memory.events", "oom_kill 1\n");
	assert_false(oom_counted("0::/s/job_12\n", d->path));
	assert_false(oom_counted("0::/user.slice\n", d->path));
	assert_false(oom_counted("", d->path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_v2_counts_for_the_job_and_all_below),
		TEST_IN_TMPDIR(test_v1_has_a_hierarchy_of_its_own),
		TEST_IN_TMPDIR(test_others_do_not_count),
	};

	return cmocka_run_group_tests_name("oom", tests, NULL, NULL);
}
