/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discard.c - make a name vanish whole, then remove what it named
 *
 * Removing a directory takes as many steps as it has files, and a crash or a
 * reader may come between any two.  One rename takes it out of sight first.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fs/fs.h"

static const char prefix[] = ".deleted-";

bool fs_is_discarded(const char *name)
{
	return !strncmp(name, prefix, sizeof(prefix) - 1);
}

int fs_discard(int dirfd, const char *name, struct belay_error *err)
{
	char hidden[NAME_MAX + 1], hex[17];
	uint64_t random;

	if (text_random(&random, sizeof(random)) < 0)
		return err_sys(err, "cannot name what is deleted");
	text_hex(&random, sizeof(random), hex);
	if (text_format(hidden, sizeof(hidden), "%s%s-%s", prefix, hex,
			name) < 0)
		return err_set(err, BELAY_EINVAL, "name is too long: '%s'",
			       name);
	if (renameat(dirfd, name, dirfd, hidden) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys(err, "cannot delete '%s'", name);
	}
	if (fs_sync(dirfd, name, err) < 0)
		return -1;
	return fs_remove(dirfd, hidden, err);
}
