/* SPDX-License-Identifier: Apache-2.0 */
/* test_hooks_submit.c - the hooks of sbatch, salloc and srun, without Slurm */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/mistake.h"
#include "tests/unit/plugin/fake.h"

/* Options live as long as the plugin is loaded: each submission is a process
 * of its own, as the command is.  Returns its exit status. */
static int submit_with(spank_context_t context, const char *const value[4])
{
	static const int option[] = { 0, 0, 1, 2 };
	int status;
	pid_t pid;

	fake->log[0] = '\0';
	fake->n_options = 0;
	pid = fork();
	if (pid == 0) {
		call(slurm_spank_init, context);
		for (int i = 0; i < 4; i++)
			if (value[i])
				fake->option[option[i]].cb(option[i], value[i],
							   0);
		call(slurm_spank_init_post_opt, context);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int submit(spank_context_t context, const char *belay,
		  const char *root, const char *run)
{
	const char *const value[] = { belay, NULL, root, run };

	return submit_with(context, value);
}

static void test_without_belay_no_agent_is_started(void **state)
{
	agent_is(*state, "echo ran >out");
	assert_int_equal(submit(S_CTX_ALLOCATOR, NULL, NULL, NULL), 0);
	assert_null(agent_wrote(*state));
	assert_string_equal(fake->log, "");
	assert_string_equal(fake->hint, "");
}

static void test_submit_passes_the_options_and_keeps_the_hint(void **state)
{
	agent_is(*state, "echo \"$@\" >out; echo BELAY_SAY=mind the gap\n"
		 "echo BELAY_HINT=1:h; echo BELAY_OK=1");
	assert_int_equal(submit(S_CTX_ALLOCATOR, "p.yaml", "/r", "n%j"), 0);
	assert_string_equal(agent_wrote(*state), "submit --policy p.yaml "
			    "--root /r --run n%j");
	assert_string_equal(fake->hint, "1:h");
	assert_string_equal(fake->log, "belay: mind the gap\n");
}

static void test_the_components_of_a_job_are_one_submission(void **state)
{
	int status;

	agent_is(*state, "echo BELAY_HINT=$$; echo BELAY_OK=1");
	if (fork() == 0) {
		char first[HINT_SIZE];

		call(slurm_spank_init, S_CTX_ALLOCATOR);
		fake->option[0].cb(0, "good", 0);
		call(slurm_spank_init_post_opt, S_CTX_ALLOCATOR);
		memcpy(first, fake->hint, sizeof(first));
		fake->hint[0] = '\0';
		call(slurm_spank_init_post_opt, S_CTX_ALLOCATOR);
		_exit(!first[0] || strcmp(first, fake->hint) != 0);
	}
	wait(&status);
	assert_int_equal(status, 0);
}

static void test_no_policy_means_standard(void **state)
{
	static const char *const said[] = { "", "(null)", "standard" };

	agent_is(*state, "echo \"$@\" >out; echo BELAY_HINT=h; echo BELAY_OK=1");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(submit(S_CTX_ALLOCATOR, said[i], NULL, NULL),
				 0);
		assert_string_equal(agent_wrote(*state),
				    "submit --policy standard");
	}
}

static void test_off_wins_over_whatever_comes_after_it(void **state)
{
	static const char *const cases[][4] = {
		{ "off", "standard", NULL, NULL },
		{ "standard", "off", NULL, NULL },
		{ "off", NULL, "relative", "x" },
	};

	agent_is(*state, "echo ran >out");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(submit_with(S_CTX_ALLOCATOR, cases[i]), 0);
		assert_null(agent_wrote(*state));
		assert_string_equal(fake->log, "");
	}
}

static void test_a_mistake_in_the_policy_is_refused(void **state)
{
	agent_is(*state, "echo BELAY_MISTAKE=1\n"
		 "echo BELAY_ERROR=p.yaml:1:1: unknown key");
	assert_int_equal(submit(S_CTX_ALLOCATOR, "p.yaml", NULL, NULL), 1);
	assert_string_equal(fake->log,
			    "error: belay: p.yaml:1:1: unknown key\n");
	assert_int_equal(submit(S_CTX_LOCAL, "p.yaml", NULL, NULL), 1);
}

static void test_a_relative_root_is_refused(void **state)
{
	agent_is(*state, "echo ran >out");
	assert_int_equal(submit(S_CTX_ALLOCATOR, "", "records", NULL), 1);
	assert_logged("error: belay: --belay-root wants an absolute path");
	assert_null(agent_wrote(*state));
}

static void test_a_broken_agent_costs_the_protection_only(void **state)
{
	static const struct { const char *body, *why; } cases[] = {
		{ "echo BELAY_ERROR=disk is full", "unprotected: disk is" },
		{ "exit 3", "unprotected: belay-agent ended without" },
		{ "echo no library >&2", "unprotected: no library" },
		{ "echo BELAY_OK=1", "gave no hint" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		agent_is(*state, cases[i].body);
		assert_int_equal(submit(S_CTX_ALLOCATOR, "", NULL, NULL), 0);
		assert_string_equal(fake->hint, "");
		assert_logged(cases[i].why);
	}
}

static void test_a_run_alone_is_said_to_do_nothing(void **state)
{
	agent_is(*state, "echo ran >out");
	assert_int_equal(submit(S_CTX_ALLOCATOR, NULL, "/r", "x"), 0);
	assert_logged("belay: --belay-run does nothing without --belay");
	assert_null(agent_wrote(*state));
	assert_int_equal(submit(S_CTX_ALLOCATOR, NULL, "/r", NULL), 0);
	assert_string_equal(fake->log, "");
}

static void test_srun_checks_outside_of_jobs_only(void **state)
{
	agent_is(*state, "echo ran >out; echo BELAY_HINT=h; echo BELAY_OK=1");
	setenv("SLURM_JOB_ID", "1", 1);
	assert_int_equal(submit(S_CTX_LOCAL, "", NULL, NULL), 0);
	assert_null(agent_wrote(*state));
	unsetenv("SLURM_JOB_ID");
	assert_int_equal(submit(S_CTX_LOCAL, "", NULL, NULL), 0);
	assert_logged("only jobs of sbatch are protected");
	assert_string_equal(fake->hint, "");
}

static void test_a_job_does_not_inherit_from_the_job_around(void **state)
{
	(void)state;
	setenv("BELAY_RUN_DIR", "/r", 1);
	setenv("BELAY_ROOT", "/root", 1);
	setenv("SLURM_SPANK_BELAY_HINT", "1:h", 1);
	setenv("SLURM_SPANK__SLURM_SPANK_OPTION_belay_belay_run", "x", 1);
	setenv("SLURM_JOB_ID", "1", 1);
	call(slurm_spank_init, S_CTX_LOCAL);
	assert_non_null(getenv("BELAY_RUN_DIR"));
	call(slurm_spank_init, S_CTX_ALLOCATOR);
	assert_null(getenv("BELAY_RUN_DIR"));
	assert_null(getenv("SLURM_SPANK_BELAY_HINT"));
	assert_null(getenv("SLURM_SPANK__SLURM_SPANK_OPTION_belay_belay_run"));
	assert_string_equal(getenv("BELAY_ROOT"), "/root");
	assert_string_equal(getenv("SLURM_JOB_ID"), "1");
	unsetenv("SLURM_JOB_ID");
}

static void test_the_mistake_of_a_blank_is_seen(void **state)
{
	static const struct { const char *words, *meant; } cases[] = {
		{ "sbatch\0--belay\0standard\0job.sh\0", "standard" },
		{ "sbatch\0-N2\0--belay\0failover\0job.sh\0", "failover" },
		{ "sbatch\0-p\0main\0--belay\0off\0job.sh\0", "off" },
		{ "sbatch\0--belay\0my.yaml\0job.sh\0", "my.yaml" },
		{ "sbatch\0--belay\0my.yml\0", "my.yml" },
		{ "sbatch\0--belay\0job.sh\0", NULL },
		{ "sbatch\0--belay=standard\0job.sh\0", NULL },
		{ "sbatch\0--belay\0", NULL },
		{ "sbatch\0--\0--belay\0standard\0", NULL },
		{ "sbatch\0/bin/sh\0--belay\0standard\0", NULL },
		{ "sbatch\0job.sh\0standard\0", NULL },
		{ "sbatch\0--belay\0.yaml\0", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words = cases[i].words, *end = words, *found;

		while (*end)
			end += strlen(end) + 1;
		found = mistake_find(words, (size_t)(end - words));
		if (cases[i].meant)
			assert_string_equal(found, cases[i].meant);
		else
			assert_null(found);
	}
	assert_null(mistake_find("sbatch\0--belay\0standard", 23));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOK_TEST(test_without_belay_no_agent_is_started),
		HOOK_TEST(test_submit_passes_the_options_and_keeps_the_hint),
		HOOK_TEST(test_the_components_of_a_job_are_one_submission),
		HOOK_TEST(test_no_policy_means_standard),
		HOOK_TEST(test_off_wins_over_whatever_comes_after_it),
		HOOK_TEST(test_a_mistake_in_the_policy_is_refused),
		HOOK_TEST(test_a_relative_root_is_refused),
		HOOK_TEST(test_a_broken_agent_costs_the_protection_only),
		HOOK_TEST(test_a_run_alone_is_said_to_do_nothing),
		HOOK_TEST(test_srun_checks_outside_of_jobs_only),
		HOOK_TEST(test_a_job_does_not_inherit_from_the_job_around),
		HOOK_TEST(test_the_mistake_of_a_blank_is_seen),
	};

	return cmocka_run_group_tests_name("hooks of submission", tests, NULL, NULL);
}
