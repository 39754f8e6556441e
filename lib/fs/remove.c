/* SPDX-License-Identifier: Apache-2.0 */
/* remove.c - remove a name and all below it, never following a link */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs/fs.h"

#define MAX_DEPTH 64

static int remove_at(int dirfd, const char *name, unsigned depth)
{
	struct dirent *e;
	DIR *dir;
	int fd, rc = 0;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth == MAX_DEPTH)
		return -1;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (rc == 0 && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			rc = remove_at(fd, e->d_name, depth + 1);
	}
	closedir(dir);
	return rc ? rc : unlinkat(dirfd, name, AT_REMOVEDIR);
}

int fs_remove(int dirfd, const char *name, struct belay_error *err)
{
	if (remove_at(dirfd, name, 0) < 0)
		return err_sys(err, "cannot remove '%s'", name);
	return 0;
}
