/* SPDX-License-Identifier: Apache-2.0 */
/* conf.c - the few words of Slurm's configuration that matter to us */

#include "base/text.h"
#include "slurm/calls.h"
#include "slurm/version.h"

#define KILL_WAIT_DEFAULT 30	/* slurm.conf(5) */

int conf_load(struct slurm_state *s, struct belay_error *err)
{
	slurm_conf_t *conf = NULL;

	if (s->configured)
		return 0;
	slurm_start(s);
	if (slurm_load_ctl_conf(0, &conf))
		return slurm_fail(err, 0, "read the configuration of",
				  "slurmctld");
	s->kill_wait = conf->kill_wait;
	if (text_format(s->cluster, sizeof(s->cluster), "%s",
			conf->cluster_name ? conf->cluster_name : "") < 0)
		s->cluster[0] = '\0';
	s->configured = true;
	version_free_conf(conf);
	return 0;
}

int conf_kill_wait(void *state)
{
	struct slurm_state *s = state;

	return conf_load(s, NULL) < 0 ? KILL_WAIT_DEFAULT : s->kill_wait;
}
