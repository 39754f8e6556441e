/* SPDX-License-Identifier: Apache-2.0 */
/* test_hooks_job.c - the hooks of a job's steps and epilog, without Slurm */

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/plugin/fake.h"

/* ---- begin ---- */

static void test_begin_gives_the_job_its_variables(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	set_job("SLURM_SPANK__SLURM_SPANK_OPTION_belay_belay_run", "n%j");
	set_job("BELAY_RUN_DIR", "/of/another/job");
	set_job("BELAY_ROOT", "/mine");
	set_job("SLURM_JOB_NODELIST", "n[1-2]");
	agent_is(*state, "echo $1 $BELAY_HINT $BELAY_OPT_RUN $SLURM_JOB_ID "
		 "$SLURM_JOB_UID $SLURM_JOB_NODELIST >out\n"
		 "echo BELAY_RUN=r; echo BELAY_SAY=welcome; echo BELAY_OK=1");
	assert_int_equal(call(slurm_spank_task_init, S_CTX_REMOTE), 0);
	assert_non_null(strstr(agent_wrote(*state), "begin 1:h n%j 42 "));
	assert_non_null(strstr(agent_wrote(*state), " n[1-2]"));
	assert_string_equal(job("BELAY_RUN"), "r");
	assert_string_equal(job("BELAY_ROOT"), "/mine");
	assert_null(job("BELAY_RUN_DIR"));
	assert_null(job("BELAY_OK"));
	assert_null(job("BELAY_SAY"));
	assert_string_equal(fake->log, "belay: welcome\n");
}

/* Submitted from within a task of an array, it has that one's variables. */
static void test_whether_it_is_a_task_is_slurms_word(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	set_job("SLURM_ARRAY_JOB_ID", "7");
	set_job("SLURM_ARRAY_TASK_ID", "3");
	agent_is(*state, "echo $SLURM_JOB_ID:$SLURM_ARRAY_JOB_ID:"
		 "$SLURM_ARRAY_TASK_ID >out; echo BELAY_OK=1");
	fake->array_task = 0xfffffffe;
	call(slurm_spank_task_init, S_CTX_REMOTE);
	assert_string_equal(agent_wrote(*state), "42::");
	fake->array = 42;
	fake->array_task = 0;
	call(slurm_spank_task_init, S_CTX_REMOTE);
	assert_string_equal(agent_wrote(*state), "42:42:0");
}

static void test_a_failed_begin_is_said_to_the_job_and_to_people(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	set_job("BELAY_RUN_DIR", "/of/another/job");
	agent_is(*state, "echo BELAY_RUN=r; echo BELAY_ERROR=no disk");
	assert_int_equal(call(slurm_spank_task_init, S_CTX_REMOTE), 0);
	assert_string_equal(job("BELAY_UNPROTECTED"), "no disk");
	assert_null(job("BELAY_RUN"));
	assert_null(job("BELAY_RUN_DIR"));
	assert_string_equal(fake->log, "error: belay: this job runs "
			    "unprotected: no disk\n");
	assert_null(job("BELAY_FENCED"));
}

static void test_a_job_whose_run_another_has_is_told(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo BELAY_FENCED=1; echo BELAY_ERROR=held by 7");
	assert_int_equal(call(slurm_spank_task_init, S_CTX_REMOTE), 0);
	assert_string_equal(job("BELAY_UNPROTECTED"), "held by 7");
	assert_string_equal(job("BELAY_FENCED"), "1");
}

/* In a process of its own, as a task is: it ends there. */
static int task_init_ends(void)
{
	char *env[64];
	int status;
	pid_t pid;

	memcpy(env, fake->env, sizeof(env));
	pid = fork();
	if (pid == 0) {
		call(slurm_spank_task_init, S_CTX_REMOTE);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	memcpy(fake->env, env, sizeof(env));	/* its strings were its own */
	return WEXITSTATUS(status);
}

static void test_a_start_that_was_called_off_does_not_run(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo BELAY_CALLED_OFF=1\n"
		 "echo BELAY_ERROR=held by job 12");
	assert_int_equal(task_init_ends(), 0);
	assert_string_equal(fake->log, "error: belay: this job does not run "
			    "now: held by job 12\n");
	fake->log[0] = '\0';
	/* but only the agent's own, whole word counts */
	agent_is(*state, "echo BELAY_CALLED_OFF=1; echo babble");
	assert_int_equal(task_init_ends(), 99);
	assert_logged("this job runs unprotected: ");
	fake->log[0] = '\0';
	agent_is(*state, "echo BELAY_CALLED_OFF=1; echo BELAY_OK=1");
	assert_int_equal(task_init_ends(), 99);
	assert_string_equal(fake->log, "");
}

static void test_half_an_environment_is_none(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	fake->full = true;
	agent_is(*state, "echo BELAY_RUN=r; echo BELAY_OK=1");
	assert_int_equal(call(slurm_spank_task_init, S_CTX_REMOTE), 0);
	assert_null(job("BELAY_RUN"));
	assert_string_equal(job("BELAY_UNPROTECTED"),
			    "cannot set its environment");
}

static void test_only_the_batch_step_of_a_protected_job_begins(void **state)
{
	agent_is(*state, "echo ran >out; echo BELAY_OK=1");
	set_job("BELAY_RUN_DIR", "/r");
	call(slurm_spank_task_init, S_CTX_REMOTE);
	call(slurm_spank_task_exit, S_CTX_REMOTE);
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	fake->step = 0;
	call(slurm_spank_task_init, S_CTX_REMOTE);
	call(slurm_spank_task_exit, S_CTX_REMOTE);
	assert_null(agent_wrote(*state));
	assert_string_equal(job("BELAY_RUN_DIR"), "/r");
	assert_string_equal(fake->log, "");
}

/* ---- end and after ---- */

static void test_end_passes_the_wait_status(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	fake->status = 3 << 8;
	agent_is(*state, "echo \"$@\" $BELAY_HINT >out; echo BELAY_OK=1");
	assert_int_equal(call(slurm_spank_task_exit, S_CTX_REMOTE), 0);
	assert_string_equal(agent_wrote(*state), "end --status 768 1:h");
	assert_string_equal(fake->log, "");
}

/* Launched twice, the job has the same restart count in both. */
static void test_end_says_of_which_attempt_it_is(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo BELAY_ATTEMPT=7; echo BELAY_OK=1");
	call(slurm_spank_init_post_opt, S_CTX_REMOTE);
	call(slurm_spank_task_init, S_CTX_REMOTE);
	agent_is(*state, "echo $1 $BELAY_ATTEMPT >out; echo BELAY_OK=1");
	assert_int_equal(call(slurm_spank_task_exit, S_CTX_REMOTE), 0);
	assert_string_equal(agent_wrote(*state), "end 7");
}

static void test_a_failed_end_is_said_and_nothing_more(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo BELAY_OK=1");
	call(slurm_spank_init_post_opt, S_CTX_REMOTE);
	call(slurm_spank_task_init, S_CTX_REMOTE);
	agent_is(*state, "echo BELAY_ERROR=its run is gone");
	assert_int_equal(call(slurm_spank_task_exit, S_CTX_REMOTE), 0);
	assert_string_equal(fake->log, "error: belay: the end of this attempt "
			    "is not recorded: its run is gone\n");
}

/* Belay was off when the script started, or the script never did. */
static void test_what_has_not_begun_need_not_end(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo \"$@\" >out; echo BELAY_ERROR=its run is gone");
	call(slurm_spank_init_post_opt, S_CTX_REMOTE);
	assert_int_equal(call(slurm_spank_task_exit, S_CTX_REMOTE), 0);
	assert_string_equal(agent_wrote(*state), "end --status 0");
	assert_string_equal(fake->log, "");
}

static void test_an_unprotected_job_is_told_so_once(void **state)
{
	set_job("SLURM_SPANK_BELAY_HINT", "1:h");
	agent_is(*state, "echo BELAY_ERROR=no disk");
	call(slurm_spank_init_post_opt, S_CTX_REMOTE);
	call(slurm_spank_task_init, S_CTX_REMOTE);
	assert_int_equal(call(slurm_spank_task_exit, S_CTX_REMOTE), 0);
	assert_string_equal(fake->log, "error: belay: this job runs "
			    "unprotected: no disk\n");
}

static void test_after_finds_the_hint_where_the_epilog_has_it(void **state)
{
	agent_is(*state, "echo $1 $BELAY_HINT $SLURM_JOB_ID >out\n"
		 "echo BELAY_OK=1");
	assert_int_equal(call(slurm_spank_job_epilog, S_CTX_JOB_SCRIPT), 0);
	assert_null(agent_wrote(*state));
	setenv("SPANK_BELAY_HINT", "1:h", 1);
	assert_int_equal(call(slurm_spank_job_epilog, S_CTX_JOB_SCRIPT), 0);
	assert_string_equal(agent_wrote(*state), "after 1:h 42");
	unsetenv("SPANK_BELAY_HINT");
}

static void test_slurmd_itself_gets_nothing_from_us(void **state)
{
	spank_f *const hooks[] = {
		slurm_spank_init, slurm_spank_init_post_opt,
		slurm_spank_task_init, slurm_spank_task_exit,
	};

	agent_is(*state, "echo ran >out");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(call(hooks[i], S_CTX_SLURMD), 0);
	assert_int_equal(call(slurm_spank_init, S_CTX_ERROR), 0);
	assert_int_equal(call(slurm_spank_init, 99), 0);
	assert_int_equal(fake->n_options, 0);
	assert_null(agent_wrote(*state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOK_TEST(test_begin_gives_the_job_its_variables),
		HOOK_TEST(test_whether_it_is_a_task_is_slurms_word),
		HOOK_TEST(test_a_failed_begin_is_said_to_the_job_and_to_people),
		HOOK_TEST(test_a_job_whose_run_another_has_is_told),
		HOOK_TEST(test_a_start_that_was_called_off_does_not_run),
		HOOK_TEST(test_half_an_environment_is_none),
		HOOK_TEST(test_only_the_batch_step_of_a_protected_job_begins),
		HOOK_TEST(test_end_passes_the_wait_status),
		HOOK_TEST(test_end_says_of_which_attempt_it_is),
		HOOK_TEST(test_a_failed_end_is_said_and_nothing_more),
		HOOK_TEST(test_what_has_not_begun_need_not_end),
		HOOK_TEST(test_an_unprotected_job_is_told_so_once),
		HOOK_TEST(test_after_finds_the_hint_where_the_epilog_has_it),
		HOOK_TEST(test_slurmd_itself_gets_nothing_from_us),
	};

	return cmocka_run_group_tests_name("hooks of a job", tests, NULL, NULL);
}
