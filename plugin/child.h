/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - between fork and execve: from slurmstepd to belay-agent */
#ifndef PLUGIN_CHILD_H
#define PLUGIN_CHILD_H

#include "plugin/agent.h"

/* Start a in a process group and a session of its own.  Returns the number of
 * the group, or -1 with errno; see agent.c for who is waited for. */
pid_t child_start(const struct agent *a, int out, int err);

#endif /* PLUGIN_CHILD_H */
