/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - reach, make and rename a user's files below a directory */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/tree.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int fs_tree_parent(int dirfd, const char *path, const char **base,
		   struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, ".", OPEN_DIR, 0);
	char name[NAME_MAX + 1];
	const char *slash;
	int next;

	for (; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		if ((size_t)(slash - path) >= sizeof(name))
			return err_set(err, BELAY_EINVAL, "name is too long: "
				       "'%s'", path);
		memcpy(name, path, (size_t)(slash - path));
		name[slash - path] = '\0';
		next = open_at(fd, name, OPEN_DIR, 0);
		if (next < 0 && errno == ENOTDIR)
			return err_set(err, BELAY_EFAILED, "not a directory, "
				       "or a symbolic link: '%s'", name);
		if (next < 0)
			return err_sys(err, "cannot open directory '%s'", name);
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return err_sys(err, "cannot open the directory of '%s'", path);
	*base = path;
	return take_fd(&fd);
}

int fs_tree_open(int dirfd, const char *path, struct belay_error *err)
{
	const char *base;
	_auto_close_ int dir = fs_tree_parent(dirfd, path, &base, err), fd = -1;
	struct stat st;

	if (dir < 0)
		return -1;
	/* O_NONBLOCK: a FIFO put in the place must not hang us */
	fd = open_at(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			       O_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, BELAY_EFAILED, "not a regular file: '%s'",
			       path);
	return take_fd(&fd);
}

int fs_tree_create(int dirfd, const char *path, struct belay_error *err)
{
	const char *base;
	_auto_close_ int dir = fs_tree_parent(dirfd, path, &base, err);
	int fd;

	if (dir < 0)
		return -1;
	fd = open_at(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			       O_CLOEXEC | fs_stay_killable(dir), 0600);
	return fd < 0 ? err_sys(err, "cannot create '%s'", path) : fd;
}

int fs_tree_rename(int dirfd, const char *from, const char *to,
		   struct belay_error *err)
{
	const char *base, *slash = strrchr(from, '/');
	_auto_close_ int dir = fs_tree_parent(dirfd, to, &base, err);

	if (dir < 0)
		return -1;
	if (renameat(dir, slash ? slash + 1 : from, dir, base) < 0)
		return err_sys(err, "cannot put '%s' in place", to);
	return 0;
}

int fs_tree_mkdir(int dirfd, const char *path, struct belay_error *err)
{
	const char *base;
	_auto_close_ int dir = fs_tree_parent(dirfd, path, &base, err);
	struct stat st;

	if (dir < 0)
		return -1;
	if (mkdirat(dir, base, 0700) == 0)
		return 1;
	if (errno != EEXIST || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "cannot make directory '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, BELAY_EFAILED, "not a directory, or a "
			       "symbolic link: '%s'", path);
	return 0;
}

bool fs_tree_has_dir(int dirfd, const char *path)
{
	const char *base;
	_auto_close_ int dir = fs_tree_parent(dirfd, path, &base, NULL);
	struct stat st;

	return dir >= 0 &&
	       fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

void fs_tree_undo(int dirfd, const char *path)
{
	const char *base;
	_auto_close_ int dir = fs_tree_parent(dirfd, path, &base, NULL);

	if (dir >= 0 && unlinkat(dir, base, 0) < 0)
		unlinkat(dir, base, AT_REMOVEDIR);
}
