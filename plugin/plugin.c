/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - which hook does what, and in which context
 *
 * Slurm loads this into sbatch, salloc, srun, slurmd, every slurmstepd and
 * `slurmstepd spank epilog`, and calls the same hooks in each.  What is not in
 * the table is done nowhere: no step but the batch step, nothing in slurmd.
 *
 * Every hook returns success, always: a node is drained for less.  What must
 * be refused is refused in submit.c, in the user's own process.
 */

#include "plugin/moments.h"

#pragma GCC visibility push(default)
SPANK_PLUGIN(belay, 1)
#pragma GCC visibility pop

enum hook { INIT, INIT_POST_OPT, TASK_INIT, TASK_EXIT, JOB_EPILOG };

static moment *const table[][S_CTX_JOB_SCRIPT + 1] = {
	[INIT] = {
		[S_CTX_ALLOCATOR] = submit_init,
		[S_CTX_LOCAL] = submit_register,
		[S_CTX_REMOTE] = submit_register,
	},
	[INIT_POST_OPT] = {
		[S_CTX_ALLOCATOR] = submit_batch_job,
		[S_CTX_LOCAL] = submit_srun,
		[S_CTX_REMOTE] = stepd_prepare,
	},
	[TASK_INIT] = { [S_CTX_REMOTE] = stepd_begin },
	[TASK_EXIT] = { [S_CTX_REMOTE] = stepd_end },
	[JOB_EPILOG] = { [S_CTX_JOB_SCRIPT] = epilog_after },
};

static int run(enum hook hook, spank_t sp, int ac, char **av)
{
	unsigned context = spank_context();
	struct arguments args;

	if (context <= S_CTX_JOB_SCRIPT && table[hook][context]) {
		args = arguments_parse(ac, av);
		table[hook][context](sp, &args);
	}
	return ESPANK_SUCCESS;
}

int slurm_spank_init(spank_t sp, int ac, char **av)
{
	return run(INIT, sp, ac, av);
}

int slurm_spank_init_post_opt(spank_t sp, int ac, char **av)
{
	return run(INIT_POST_OPT, sp, ac, av);
}

int slurm_spank_task_init(spank_t sp, int ac, char **av)
{
	return run(TASK_INIT, sp, ac, av);
}

int slurm_spank_task_exit(spank_t sp, int ac, char **av)
{
	return run(TASK_EXIT, sp, ac, av);
}

int slurm_spank_job_epilog(spank_t sp, int ac, char **av)
{
	return run(JOB_EPILOG, sp, ac, av);
}
