/* SPDX-License-Identifier: Apache-2.0 */
/* srun.h - one worker on each node of the allocation */
#ifndef CMD_MAP_SRUN_H
#define CMD_MAP_SRUN_H

#include <sys/types.h>

#include "base/error.h"

/* Start 'belay map-worker PATH' on each of n nodes.  cpus: of every node, 0
 * when they differ.  The pid of srun, or -1. */
pid_t srun_start(const char *path, unsigned nodes, unsigned cpus,
		 struct belay_error *err);
/* SIGTERM, and SIGKILL if that does not help; reaped. */
void srun_end(pid_t pid);

#endif /* CMD_MAP_SRUN_H */
