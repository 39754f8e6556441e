/* SPDX-License-Identifier: Apache-2.0 */
/* test_hooks.c - each hook in each context, with a SPANK that is not Slurm */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/mistake.h"
#include "plugin/spank.h"
#include "tests/support/test.h"

/* ---- what a host of SPANK plugins has ---- */

/* Shared with children: submit ends its process when it refuses. */
static struct {
	spank_context_t context;
	uint32_t step;
	uint32_t array, array_task;
	int status;
	char *env[64];			/* the job's */
	char hint[HINT_SIZE];		/* of spank_job_control_setenv */
	char log[4096];
	struct spank_option option[8];
	unsigned n_options;
	bool full;			/* no variable can be set */
} *fake;

static char **find(const char *name)
{
	size_t len = strlen(name);
	char **v = fake->env;

	while (*v && (strncmp(*v, name, len) || (*v)[len] != '='))
		v++;
	return v;
}

spank_context_t spank_context(void)
{
	return fake->context;
}

spank_err_t spank_option_register(spank_t sp, struct spank_option *o)
{
	(void)sp;
	fake->option[fake->n_options++] = *o;
	return ESPANK_SUCCESS;
}

spank_err_t spank_getenv(spank_t sp, const char *name, char *buf, int len)
{
	char **v = find(name);

	(void)sp;
	if (!*v)
		return ESPANK_ENV_NOEXIST;
	return snprintf(buf, (size_t)len, "%s", *v + strlen(name) + 1) < len ?
	       ESPANK_SUCCESS : ESPANK_NOSPACE;
}

spank_err_t spank_unsetenv(spank_t sp, const char *name)
{
	char **v = find(name);

	(void)sp;
	free(*v);
	for (; *v; v++)
		v[0] = v[1];
	return ESPANK_SUCCESS;
}

spank_err_t spank_setenv(spank_t sp, const char *name, const char *value,
			 int overwrite)
{
	char **v;

	(void)overwrite;
	if (fake->full && strcmp(name, "BELAY_UNPROTECTED"))
		return ESPANK_NOSPACE;
	spank_unsetenv(sp, name);
	for (v = fake->env; *v; v++)
		;
	assert_int_not_equal(asprintf(v, "%s=%s", name, value), -1);
	return ESPANK_SUCCESS;
}

spank_err_t spank_job_control_setenv(spank_t sp, const char *name,
				     const char *value, int overwrite)
{
	(void)sp;
	(void)overwrite;
	assert_int_equal(fake->context, S_CTX_ALLOCATOR);
	assert_string_equal(name, "BELAY_HINT");
	snprintf(fake->hint, sizeof(fake->hint), "%s", value);
	return ESPANK_SUCCESS;
}

static spank_err_t number(va_list ap, uint32_t value)
{
	*va_arg(ap, uint32_t *) = value;
	return ESPANK_SUCCESS;
}

spank_err_t spank_get_item(spank_t sp, spank_item_t item, ...)
{
	spank_err_t rc = ESPANK_NOT_AVAIL;
	va_list ap;

	(void)sp;
	va_start(ap, item);
	if (item == S_JOB_ID)
		rc = number(ap, 42);
	else if (item == S_JOB_UID)
		rc = number(ap, getuid());
	else if (item == S_JOB_GID)
		rc = number(ap, getgid());
	else if (fake->context != S_CTX_REMOTE)
		rc = ESPANK_NOT_AVAIL;
	else if (item == S_JOB_STEPID)
		rc = number(ap, fake->step);
	else if (item == S_JOB_ARRAY_ID)
		rc = number(ap, fake->array);
	else if (item == S_JOB_ARRAY_TASK_ID)
		rc = number(ap, fake->array_task);
	else if (item == S_TASK_EXIT_STATUS)
		rc = number(ap, (uint32_t)fake->status);
	else if (item == S_JOB_ENV) {
		*va_arg(ap, char ***) = fake->env;
		rc = ESPANK_SUCCESS;
	}
	va_end(ap);
	return rc;
}

static void log_line(const char *level, const char *fmt, va_list ap)
{
	size_t n = strlen(fake->log);

	n += (size_t)snprintf(fake->log + n, sizeof(fake->log) - n, "%s", level);
	n += (size_t)vsnprintf(fake->log + n, sizeof(fake->log) - n, fmt, ap);
	snprintf(fake->log + n, sizeof(fake->log) - n, "\n");
}

#define LOG(function, level)						\
	void function(const char *fmt, ...)				\
	{								\
		va_list ap;						\
									\
		va_start(ap, fmt);					\
		log_line(level, fmt, ap);				\
		va_end(ap);						\
	}
LOG(slurm_error, "error: ")
LOG(slurm_info, "")
LOG(slurm_spank_log, "")

/* ---- what a test says ---- */

static char agent_arg[128];

static void set_job(const char *name, const char *value)
{
	spank_setenv(NULL, name, value, 1);
}

static const char *job(const char *name)
{
	char **v = find(name);

	return *v ? *v + strlen(name) + 1 : NULL;
}

static int call(spank_f *hook, spank_context_t context)
{
	char *av[] = { agent_arg, NULL };

	fake->context = context;
	return hook(NULL, 1, av);
}

static void agent_is(struct tmpdir *dir, const char *body)
{
	const char *path = agent_arg + strlen("agent=");
	FILE *f;

	snprintf(agent_arg, sizeof(agent_arg), "agent=%s/agent", dir->path);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\ncd %s\n%s\n", dir->path, body);
	fclose(f);
	chmod(path, 0755);
	chmod(dir->path, 0755);
}

/* What the agent wrote to the file "out", one line of it. */
static const char *agent_wrote(struct tmpdir *dir)
{
	static char text[512];
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/out", dir->path);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fclose(f);
	return text;
}

#define assert_logged(words)						\
	do {								\
		if (!strstr(fake->log, words))				\
			fail_msg("'%s' lacks '%s'", fake->log, words);	\
	} while (0)

static int setup(void **state)
{
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake == MAP_FAILED)
		return -1;
	fake->step = SPANK_BATCH_STEP;
	unsetenv("SLURM_JOB_ID");
	return tmpdir_setup(state);
}

static int teardown(void **state)
{
	for (char **v = fake->env; *v; v++)
		free(*v);
	munmap(fake, sizeof(*fake));
	return tmpdir_teardown(state);
}

#define HOOK_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, setup, teardown)

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

/* ---- submit ---- */

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
		HOOK_TEST(test_begin_gives_the_job_its_variables),
		HOOK_TEST(test_whether_it_is_a_task_is_slurms_word),
		HOOK_TEST(test_a_failed_begin_is_said_to_the_job_and_to_people),
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

	return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
