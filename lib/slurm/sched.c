/* SPDX-License-Identifier: Apache-2.0 */
/* sched.c - struct sched by libslurm */

#include <string.h>

#include "base/text.h"
#include "slurm/calls.h"
#include "slurm/slurm_sched.h"
#include "slurm/version.h"

static struct slurm_state state;	/* libslurm itself is one per process */

static const struct sched sched = {
	.state = &state,
	.load_job = job_load,
	.load_nodes = nodes_load,
	.requeue = job_requeue,
	.update = job_update,
	.hold = job_hold,
	.cancel = job_cancel,
	.kill_wait = conf_kill_wait,
	.cluster_nodes = nodes_of_cluster,
	.passes = stats_passes,
};

const struct sched *slurm_sched(void)
{
	return &sched;
}

/* 23.02 and later crash without slurm_init(), earlier ones do not mind it. */
void slurm_start(struct slurm_state *s)
{
	if (!s->started)
		slurm_init(NULL);
	s->started = true;
}

int slurm_cluster_name(char *out, size_t size, struct belay_error *err)
{
	if (conf_load(&state, err) < 0)
		return -1;
	if (text_format(out, size, "%s", state.cluster) < 0)
		return err_set(err, BELAY_EINVAL,
			       "the cluster's name is too long");
	return 0;
}
