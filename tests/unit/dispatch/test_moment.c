/* SPDX-License-Identifier: Apache-2.0 */
/* test_moment.c - which job this is, from what Slurm put into the environment */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatch/dispatch.h"
#include "tests/support/test.h"

#define HINT "1:0123456789abcdef0123456789abcdef:standard:-:/shared/belay"

static struct belay_error err;
static struct moment m;

static bool is_ours(const char *variable)
{
	return !strncmp(variable, "SLURM", 5) || !strncmp(variable, "BELAY", 5);
}

/* An environment of just these variables, ended by NULL. */
static int with(const char *const *env)
{
	char name[64];

	for (char **at = environ; *at;) {
		if (is_ours(*at)) {
			snprintf(name, sizeof(name), "%.*s",
				 (int)strcspn(*at, "="), *at);
			unsetenv(name);
			at = environ;
		} else {
			at++;
		}
	}
	for (; *env; env += 2)
		setenv(env[0], env[1], 1);
	return moment_from_env(&m, &err);
}

static void test_a_job_is_named_exactly(void **state)
{
	static const struct {
		const char *env[16];
		const char *job;
		uint32_t id;
	} cases[] = {
		{ { "SLURM_JOB_ID", "12", NULL }, "12", 12 },
		{ { "SLURM_JOB_ID", "14", "SLURM_ARRAY_JOB_ID", "12",
		    "SLURM_ARRAY_TASK_ID", "3", NULL }, "12_3", 14 },
		/* this task has the array's id as its own */
		{ { "SLURM_JOB_ID", "12", "SLURM_ARRAY_JOB_ID", "12",
		    "SLURM_ARRAY_TASK_ID", "9", NULL }, "12_9", 12 },
		{ { "SLURM_JOB_ID", "21", "SLURM_HET_JOB_ID", "20", NULL },
		  "20", 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *env[20] = { "BELAY_HINT", HINT };

		for (int k = 0; cases[i].env[k]; k++)
			env[k + 2] = cases[i].env[k];
		assert_ok(with(env), &err);
		assert_string_equal(m.job, cases[i].job);
		assert_int_equal(m.job_id, cases[i].id);
	}
}

static void test_both_halves_of_slurm_are_understood(void **state)
{
	static const char *const task[] = {
		"BELAY_HINT", HINT, "SLURM_JOB_ID", "12",
		"SLURM_JOB_NODELIST", "n[1-2]", "SLURMD_NODENAME", "n1",
		"SLURM_RESTART_COUNT", "2", "SLURM_CLUSTER_NAME", "c1",
		"SLURM_SUBMIT_DIR", "/home/ann", NULL
	};
	static const char *const epilog[] = {
		"BELAY_HINT", HINT, "SLURM_JOB_ID", "12",
		"SLURM_NODELIST", "n[1-2]", "SLURMD_NODENAME", "n1",
		"SLURM_JOB_RESTART_COUNT", "2", "SLURM_CLUSTER_NAME", "c1",
		"SLURM_JOB_WORK_DIR", "/home/ann", NULL
	};
	const char *const *cases[] = { task, epilog };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_ok(with(cases[i]), &err);
		assert_string_equal(m.nodes, "n[1-2]");
		assert_string_equal(m.node, "n1");
		assert_int_equal(m.restart, 2);
		assert_string_equal(m.cluster, "c1");
		assert_string_equal(m.work_dir, "/home/ann");
		assert_string_equal(m.root, "/shared/belay");
	}
}

static void test_a_het_job_has_the_nodes_of_its_components(void **state)
{
	static const struct {
		const char *leader, *nodes;
	} cases[] = {
		{ "12", "n[1-3,5]" },
		/* of the job that this one was submitted from */
		{ "11", "n[1-2]" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *const env[] = {
			"BELAY_HINT", HINT, "SLURM_JOB_ID", "12",
			"SLURM_JOB_NODELIST", "n[1-2]", "SLURM_HET_SIZE", "3",
			"SLURM_JOB_ID_HET_GROUP_0", cases[i].leader,
			"SLURM_JOB_NODELIST_HET_GROUP_0", "n[1-2]",
			"SLURM_JOB_NODELIST_HET_GROUP_1", "n3",
			"SLURM_JOB_NODELIST_HET_GROUP_2", "n5", NULL
		};

		assert_ok(with(env), &err);
		assert_string_equal(m.nodes, cases[i].nodes);
	}
}

static void test_a_run_has_the_jobs_name_or_the_one_given(void **state)
{
	static const char *const plain[] = { "BELAY_HINT", HINT,
		"SLURM_JOB_ID", "12", NULL };
	static const char *const named[] = { "BELAY_HINT", HINT,
		"SLURM_JOB_ID", "12", "SLURM_JOB_NAME", "sim",
		"BELAY_OPT_RUN", "%x-a", NULL };

	(void)state;
	assert_ok(with(plain), &err);
	assert_ok(moment_name_run(&m, &err), &err);
	assert_string_equal(m.run_name, "12");
	assert_false(m.join);
	assert_ok(with(named), &err);
	assert_ok(moment_name_run(&m, &err), &err);
	assert_string_equal(m.run_name, "sim-a");
	assert_true(m.join);
}

static void test_what_is_no_job_is_refused(void **state)
{
	static const struct {
		const char *env[8], *message;
	} cases[] = {
		{ { "SLURM_JOB_ID", "12", NULL }, "BELAY_HINT is not set" },
		{ { "BELAY_HINT", HINT, NULL }, "SLURM_JOB_ID is not set" },
		{ { "BELAY_HINT", HINT, "SLURM_JOB_ID", "1x", NULL },
		  "SLURM_JOB_ID is no number: '1x'" },
		{ { "BELAY_HINT", HINT, "SLURM_JOB_ID", "12",
		    "SLURM_CLUSTER_NAME", "../c", NULL },
		  "not a name for a cluster: '../c'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(with(cases[i].env), &err, BELAY_EINVAL,
			     cases[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_job_is_named_exactly),
		cmocka_unit_test(test_both_halves_of_slurm_are_understood),
		cmocka_unit_test(test_a_het_job_has_the_nodes_of_its_components),
		cmocka_unit_test(test_a_run_has_the_jobs_name_or_the_one_given),
		cmocka_unit_test(test_what_is_no_job_is_refused),
	};

	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
