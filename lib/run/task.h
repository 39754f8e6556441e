/* SPDX-License-Identifier: Apache-2.0 */
/* task.h - the run of a task of an array, by the name that Slurm shows */
#ifndef RUN_TASK_H
#define RUN_TASK_H

#include <stdbool.h>

#include "fs/fs.h"

/* Is it the name of a task, "123_4"? */
bool run_is_task(const char *spec);

/* Of the entries of a cluster's directory the newest run that the task has
 * begun; NULL: none. */
const char *run_of_task(const char *root, const char *cluster,
			const struct fs_names *names, const char *task);

/* A run that is named for some task of the array, or NULL. */
const char *run_of_some_task(const struct fs_names *names, const char *array);

#endif /* RUN_TASK_H */
