/* SPDX-License-Identifier: Apache-2.0 */
/* remove.c - remove a name and all below it, never following a link */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/fs.h"

#define MAX_DEPTH 64

static int remove_at(int dirfd, const char *name, unsigned depth);

/* All that is in the directory. */
static int empty(int fd, unsigned depth)
{
	_auto_names_ struct fs_names names = { 0 };
	int rc = fs_list_all(fd, &names, NULL);

	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = remove_at(fd, names.name[i], depth + 1);
	return rc;
}

static int remove_at(int dirfd, const char *name, unsigned depth)
{
	_auto_close_ int fd = -1;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth == MAX_DEPTH)
		return -1;
	fd = open_at(dirfd, name,
		     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;	/* two of us sweep */
	if (empty(fd, depth) < 0)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ?
		-1 : 0;
}

int fs_remove(int dirfd, const char *name, struct belay_error *err)
{
	if (remove_at(dirfd, name, 0) < 0)
		return err_sys(err, "cannot remove '%s'", name);
	return 0;
}
