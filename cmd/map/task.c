/* SPDX-License-Identifier: Apache-2.0 */
/* task.c - chunks that were handed over before a slot was free; pure */

#include <stdlib.h>
#include <string.h>

#include "cmd/map/task.h"

int tasks_add(struct tasks *all, uint64_t chunk, uint32_t try,
	      const char *item, struct belay_error *err)
{
	struct task *t = calloc(1, sizeof(*t));

	if (t && item)
		t->item = strdup(item);
	if (!t || (item && !t->item)) {
		free(t);
		return err_nomem(err);
	}
	t->chunk = chunk;
	t->try = try;
	if (all->first)
		all->last->next = t;
	else
		all->first = t;
	all->last = t;
	return 0;
}

struct task *tasks_take(struct tasks *all)
{
	struct task *t = all->first;

	if (t)
		all->first = t->next;
	return t;
}

void tasks_put_back(struct tasks *all, struct task *t)
{
	if (!all->first)
		all->last = t;
	t->next = all->first;
	all->first = t;
}

void task_free(struct task *t)
{
	if (!t)
		return;
	free(t->item);
	free(t);
}

void tasks_free(struct tasks *all)
{
	struct task *t;

	while ((t = tasks_take(all)))
		task_free(t);
}
