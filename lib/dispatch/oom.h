/* SPDX-License-Identifier: Apache-2.0 */
/* oom.h - did the kernel kill a process of this job for want of memory? */
#ifndef DISPATCH_OOM_H
#define DISPATCH_OOM_H

#include <stdbool.h>

/*
 * cgroups is the text of /proc/self/cgroup, mount where cgroups are mounted.
 * False when it cannot be known.  Slurm itself says so only later: slurmstepd
 * looks after its exit hooks have run.
 */
bool oom_counted(const char *cgroups, const char *mount);
bool oom_counted_here(void);

#endif /* DISPATCH_OOM_H */
