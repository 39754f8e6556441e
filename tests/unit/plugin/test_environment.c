/* SPDX-License-Identifier: Apache-2.0 */
/* test_environment.c - the agent knows of the job what the list allows */

#include <stdio.h>
#include <stdlib.h>

#include "plugin/environment.h"
#include "tests/support/test.h"

static struct environment e;

static const char *value_of(const char *name)
{
	size_t len = strlen(name);

	for (char **v = e.var; *v; v++)
		if (!strncmp(*v, name, len) && (*v)[len] == '=')
			return *v + len + 1;
	return NULL;
}

/* A job that has every variable, each with its own name as the value. */
static bool job(void *from, const char *name, char *buf, size_t size)
{
	(void)from;
	return snprintf(buf, size, "%s", name) < (int)size;
}

static void test_nothing_comes_along_but_what_is_listed(void **state)
{
	(void)state;
	unsetenv("SLURM_CONF");
	environment_init(&e);
	environment_add_allowed(&e, job, NULL);
	assert_string_equal(value_of("SLURM_JOB_NODELIST"),
			    "SLURM_JOB_NODELIST");
	assert_string_equal(value_of("SLURM_CONF"), "SLURM_CONF");
	assert_string_equal(value_of("SLURM_JOB_NODELIST_HET_GROUP_127"),
			    "SLURM_JOB_NODELIST_HET_GROUP_127");
	assert_null(value_of("SLURM_JOB_NODELIST_HET_GROUP_128"));
	assert_null(value_of("LD_PRELOAD"));
	assert_null(value_of("LD_LIBRARY_PATH"));
	assert_null(value_of("HOME"));
}

static void test_path_and_locale_are_not_the_jobs(void **state)
{
	(void)state;
	environment_init(&e);
	environment_add_allowed(&e, job, NULL);
	assert_string_equal(value_of("PATH"), "/usr/bin:/bin");
	assert_string_equal(value_of("LC_ALL"), "C.UTF-8");
}

static void test_the_hosts_word_beats_the_jobs_about_the_cluster(void **state)
{
	(void)state;
	setenv("SLURM_CONF", "/host/slurm.conf", 1);
	setenv("SLURM_JOB_NAME", "not ours", 1);
	environment_init(&e);
	environment_add_allowed(&e, job, NULL);
	assert_string_equal(value_of("SLURM_CONF"), "/host/slurm.conf");
	assert_string_equal(value_of("SLURM_JOB_NAME"), "SLURM_JOB_NAME");
}

static bool huge(void *from, const char *name, char *buf, size_t size)
{
	size_t *len = from;

	(void)name;
	if (*len >= size)
		return false;
	memset(buf, 'x', *len);
	buf[*len] = '\0';
	return true;
}

static void test_what_does_not_fit_is_left_out(void **state)
{
	size_t len = ENVIRONMENT_TEXT / 2;

	(void)state;
	environment_init(&e);
	environment_add_allowed(&e, huge, &len);
	assert_int_equal(environment_add(&e, "BELAY_HINT", "1:x"), 0);
	assert_string_equal(value_of("BELAY_HINT"), "1:x");
	assert_true(e.used <= sizeof(e.text));
}

static void test_there_is_an_end_to_the_variables(void **state)
{
	int added = 0;

	(void)state;
	environment_init(&e);
	while (environment_add(&e, "A", "b") == 0)
		added++;
	assert_int_equal(added, ENVIRONMENT_VARS - 2);
	assert_null(e.var[e.n_vars]);
}

static void test_what_belay_gave_another_job_is_stale(void **state)
{
	(void)state;
	assert_true(environment_is_stale("BELAY_RUN_DIR=/r"));
	assert_true(environment_is_stale("BELAY_ROOTS=/r"));
	assert_false(environment_is_stale("BELAY_ROOT=/r"));
	assert_false(environment_is_stale("SLURM_JOB_ID=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_comes_along_but_what_is_listed),
		cmocka_unit_test(test_path_and_locale_are_not_the_jobs),
		cmocka_unit_test(
			test_the_hosts_word_beats_the_jobs_about_the_cluster),
		cmocka_unit_test(test_what_does_not_fit_is_left_out),
		cmocka_unit_test(test_there_is_an_end_to_the_variables),
		cmocka_unit_test(test_what_belay_gave_another_job_is_stale),
	};

	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
