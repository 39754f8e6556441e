/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.c - the run of a task of an array, by the name that Slurm shows: "123_4"
 *
 * A run that was not given a name is called so, with ".2" behind it when Slurm
 * has given the array's id again.  One that was, says in its attempts whose they
 * are; to look through them all is slow, and only people wait for it.
 */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "run/run.h"
#include "run/task.h"

bool run_is_task(const char *spec)
{
	static const char digits[] = "0123456789";
	size_t array = strspn(spec, digits);
	size_t task = array && spec[array] == '_' ?
		      strspn(spec + array + 1, digits) : 0;

	return task && !spec[array + 1 + task];
}

/* 1 for "123_4", N for "123_4.N", else 0. */
static uint64_t generation(const char *name, const char *task)
{
	size_t len = strlen(task);
	uint64_t n = 1;

	if (strncmp(name, task, len) ||
	    (name[len] && (name[len] != '.' ||
			   text_u64(name + len + 1, UINT32_MAX, &n) < 0)))
		return 0;
	return n;
}

static const char *newest_of_name(const struct fs_names *names,
				  const char *task)
{
	const char *found = NULL;
	uint64_t best = 0;

	for (size_t i = 0; i < names->n; i++) {
		uint64_t n = generation(names->name[i], task);

		if (n > best) {
			best = n;
			found = names->name[i];
		}
	}
	return found;
}

/* When the task began last in this run; -1: never. */
static int64_t begun_in(const char *root, const char *cluster,
			const char *name, const char *task)
{
	_auto_free_ char *dir = NULL;
	int64_t begun = -1;
	struct run *r;

	if (asprintf(&dir, "%s/%s/%s", root, cluster, name) < 0) {
		dir = NULL;
		return -1;
	}
	r = run_open_dir(dir, NULL);
	for (unsigned i = 0; r && i < r->n_attempts; i++) {
		const struct begin *b = r->attempts[i].begin;

		if (b && !strcmp(b->job, task))
			begun = b->begin_us;
	}
	run_close(r);
	return begun;
}

static const char *newest_of_attempts(const char *root, const char *cluster,
				      const struct fs_names *names,
				      const char *task)
{
	const char *found = NULL;
	int64_t best = -1;

	for (size_t i = 0; i < names->n; i++) {
		int64_t at = run_name_is_reserved(names->name[i]) ? -1 :
			begun_in(root, cluster, names->name[i], task);

		if (at > best) {
			best = at;
			found = names->name[i];
		}
	}
	return found;
}

const char *run_of_task(const char *root, const char *cluster,
			const struct fs_names *names, const char *task)
{
	const char *found = newest_of_name(names, task);

	return found ? found : newest_of_attempts(root, cluster, names, task);
}

const char *run_of_some_task(const struct fs_names *names, const char *array)
{
	size_t len = strlen(array);

	for (size_t i = 0; i < names->n; i++)
		if (run_is_task(names->name[i]) &&
		    !strncmp(names->name[i], array, len) &&
		    names->name[i][len] == '_')
			return names->name[i];
	return NULL;
}
