/* SPDX-License-Identifier: Apache-2.0 */
/*
 * neighbour.c - another plugin in the stack, for tests; does what pyxis does
 *
 * It registers an option, forks and waits in user_init, forks in task_init,
 * changes the job's environment there and in task_init_privileged, and leaves
 * a word in each hook that it was called in.  Its arguments say what it is to
 * break: fail=HOOK returns an error there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <slurm/spank.h>

#ifndef NAME
#define NAME neighbour
#endif

SPANK_PLUGIN(NAME, 1)

static int on_option(int index, const char *value, int remote)
{
	(void)index;
	(void)remote;
	if (value && !strcmp(value, "refuse"))
		return ESPANK_BAD_ARG;
	return ESPANK_SUCCESS;
}

static struct spank_option option = {
	.name = "neighbour", .arginfo = "WORD", .usage = "for tests",
	.has_arg = 1, .val = 1, .cb = on_option,
};

/* Up to 24.11 only what is negative is an error. */
static int outcome(const char *hook, int ac, char **av)
{
	for (int i = 0; i < ac; i++)
		if (!strncmp(av[i], "fail=", 5) && !strcmp(av[i] + 5, hook))
			return -1;
	return ESPANK_SUCCESS;
}

/* As enroot is run: a child of the plugin's own, waited for. */
static int fork_and_wait(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && pid > 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int slurm_spank_init(spank_t sp, int ac, char **av)
{
	if (spank_context() != S_CTX_SLURMD)
		spank_option_register(sp, &option);
	return outcome("init", ac, av);
}

int slurm_spank_init_post_opt(spank_t sp, int ac, char **av)
{
	(void)sp;
	return outcome("init_post_opt", ac, av);
}

int slurm_spank_user_init(spank_t sp, int ac, char **av)
{
	if (fork_and_wait() == 7)
		spank_setenv(sp, "NEIGHBOUR_USER_INIT", "forked", 1);
	return outcome("user_init", ac, av);
}

int slurm_spank_task_init_privileged(spank_t sp, int ac, char **av)
{
	(void)sp;
	return outcome("task_init_privileged", ac, av);
}

int slurm_spank_task_init(spank_t sp, int ac, char **av)
{
	char text[64] = "";

	/* what came before us in the stack is in the job's environment */
	spank_getenv(sp, "BELAY_ATTEMPT", text, sizeof(text));
	spank_setenv(sp, "NEIGHBOUR_SAW", text, 1);
	spank_setenv(sp, "NEIGHBOUR_FORKED", fork_and_wait() == 7 ? "yes" : "no",
		     1);
	spank_unsetenv(sp, "UNWANTED");
	return outcome("task_init", ac, av);
}

int slurm_spank_task_exit(spank_t sp, int ac, char **av)
{
	(void)sp;
	return outcome("task_exit", ac, av);
}

int slurm_spank_exit(spank_t sp, int ac, char **av)
{
	(void)sp;
	return outcome("exit", ac, av);
}

int slurm_spank_job_epilog(spank_t sp, int ac, char **av)
{
	(void)sp;
	return outcome("job_epilog", ac, av);
}
