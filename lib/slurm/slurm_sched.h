/* SPDX-License-Identifier: Apache-2.0 */
/* slurm_sched.h - struct sched by libslurm; only belay-agent links it */
#ifndef SLURM_SLURM_SCHED_H
#define SLURM_SLURM_SCHED_H

#include "recover/sched.h"

/* The calls; nothing is asked of the controller yet.  slurm_init() may end
 * the process (23.11 and later): only agents call this. */
const struct sched *slurm_sched(void);

/* The cluster's name, from the configuration or the controller. */
int slurm_cluster_name(char *out, size_t size, struct belay_error *err);

#endif /* SLURM_SLURM_SCHED_H */
