/* SPDX-License-Identifier: Apache-2.0 */
/* number.c - which numbers are free, and what may not get one */

#include <sys/stat.h>

#include "checkpoint/store.h"
#include "fs/fs.h"

static void raise_to(uint64_t *top, uint64_t id)
{
	if (id > *top && id < CHECKPOINT_ID_MAX)
		*top = id;
}

/* Deleted ones may be known only by their marks, or by what an attempt found
 * when it began. */
int store_next_id(const struct run *r, int storefd, uint64_t *next,
		  struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	uint64_t id, top = *next;
	bool mark;

	if (fs_list(storefd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (store_parse(names.name[i], &id, &mark))
			raise_to(&top, id);
	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct begin *b = r->attempts[i].begin;

		for (unsigned j = 0; b && j < b->n_checkpoints; j++)
			raise_to(&top, b->checkpoints[j]);
	}
	*next = top + 1;
	return 0;
}

int store_spoil(int fd)
{
	fchmod(fd, 0700 | S_ISVTX);
	return -1;
}

int store_check_unspoilt(int fd, const char *name, struct belay_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "cannot look at '%s'", name);
	if (st.st_mode & S_ISVTX)
		return err_set(err, BELAY_EFAILED, "the files in '%s' could "
			       "not be made durable before; stage it anew",
			       name);
	return 0;
}
