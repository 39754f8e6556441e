/* SPDX-License-Identifier: Apache-2.0 */
/* task.h - chunks that were handed over before a slot was free; pure */
#ifndef CMD_MAP_TASK_H
#define CMD_MAP_TASK_H

#include <stdint.h>

#include "base/error.h"

struct task {
	uint64_t chunk;
	uint32_t try;
	char *item;		/* as command_fill() wants it */
	struct task *next;
};

struct tasks {			/* start from { 0 } */
	struct task *first, *last;
};

int tasks_add(struct tasks *all, uint64_t chunk, uint32_t try,
	      const char *item, struct belay_error *err);
/* The first is the caller's then; NULL when there is none. */
struct task *tasks_take(struct tasks *all);
/* Before all others. */
void tasks_put_back(struct tasks *all, struct task *t);
void tasks_free(struct tasks *all);
void task_free(struct task *t);	/* NULL is none */

#endif /* CMD_MAP_TASK_H */
