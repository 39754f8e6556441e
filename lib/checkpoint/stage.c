/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - where a checkpoint is written before it has a number */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

char *checkpoint_stage(struct run *r, unsigned n, struct belay_error *err)
{
	_auto_close_ int dirfd = -1;
	char name[64], hex[17], *path;
	uint64_t random;

	if (run_check_fence(r, n, err) < 0)
		return NULL;
	dirfd = store_open(r, true, err);
	if (dirfd < 0)
		return NULL;
	if (text_random(&random, sizeof(random)) < 0) {
		err_sys(err, "cannot name a staging directory");
		return NULL;
	}
	text_hex(&random, sizeof(random), hex);
	snprintf(name, sizeof(name), ".staging-%u-%s", n, hex);
	/* durable when it gets its number, and not worth a sync before */
	if (fs_tree_mkdir(dirfd, name, err) < 0)
		return NULL;
	if (asprintf(&path, "%s/checkpoints/%s", r->dir, name) < 0) {
		err_nomem(err);
		return NULL;
	}
	return path;
}

void checkpoint_abandon(struct run *r, const char *staging)
{
	_auto_close_ int dirfd = store_open(r, false, NULL);
	const char *slash = strrchr(staging, '/');
	unsigned attempt;

	slash = slash ? slash + 1 : staging;
	if (dirfd >= 0 && store_is_staging(slash, &attempt))
		fs_remove(dirfd, slash, NULL);
}
