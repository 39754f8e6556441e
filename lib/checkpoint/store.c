/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - names below checkpoints/, and every byte of a file */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

#define STEP (1u << 20)
#define WRITE_EVERY 16		/* steps: the disk works while we digest */

int store_open(const struct run *r, bool make, struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };

	if (make)
		return fs_subdir_make(r->dirfd, "checkpoints", err);
	/* listed first: NFS may remember for long that it was not there */
	if (fs_list(r->dirfd, &names, err) < 0)
		return -1;
	if (!fs_names_has(&names, "checkpoints"))
		return err_set(err, BELAY_ENOENT, "run '%s' has no checkpoint",
			       r->name);
	return fs_subdir_open(r->dirfd, "checkpoints", err);
}

int store_open_id(const struct run *r, uint64_t id, struct belay_error *err)
{
	_auto_close_ int dirfd = store_open(r, false, err);
	char name[CHECKPOINT_NAME];

	return dirfd < 0 ? -1 :
	       fs_subdir_open(dirfd, store_name(id, name), err);
}

const char *store_name(uint64_t id, char out[CHECKPOINT_NAME])
{
	snprintf(out, CHECKPOINT_NAME, "%06llu", (unsigned long long)id);
	return out;
}

bool store_parse(const char *name, uint64_t *id, bool *mark)
{
	char digits[CHECKPOINT_NAME], canonical[CHECKPOINT_NAME];
	size_t n = strspn(name, "0123456789");

	*mark = !strcmp(name + n, ".damaged");
	if (n >= sizeof(digits) || (name[n] && !*mark))
		return false;
	memcpy(digits, name, n);
	digits[n] = '\0';
	return text_u64(digits, CHECKPOINT_ID_MAX, id) == 0 && *id &&
	       !strcmp(digits, store_name(*id, canonical));
}

bool store_is_staging(const char *name, unsigned *attempt)
{
	int used = 0;

	return sscanf(name, ".staging-%9u-%n", attempt, &used) == 1 && used > 0;
}

bool store_is_shared(const char *name)
{
	unsigned attempt;

	return store_is_staging(name, &attempt) && strstr(name, "-step");
}

static int read_failed(const char *name, struct belay_error *err)
{
	bool lost = errno == EIO;

	err_sys(err, "cannot read '%s'", name);
	if (lost && err)
		err->code = BELAY_ECORRUPT;
	return -1;
}

int store_digest(int fd, int to, const char *name, struct digest *digest,
		 uint64_t *size, struct belay_error *err)
{
	_auto_free_ char *room = malloc(STEP);
	struct digest_state *s = room ? digest_start() : NULL;
	unsigned steps = 0;
	int rc = 0;
	ssize_t n;

	if (!s)
		return err_nomem(err);
	*size = 0;
	while (rc == 0 && (n = read(fd, room, STEP)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = read_failed(name, err);
			break;
		}
		digest_add(s, room, (size_t)n);
		*size += (uint64_t)n;
		if (to < 0)
			continue;
		rc = fs_append(to, room, (size_t)n, name, err);
		if (++steps % WRITE_EVERY == 0)
			fs_write_soon(to);
	}
	*digest = digest_end(s);
	return rc;
}
