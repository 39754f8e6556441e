/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - every file below a directory, and nothing that is not a file */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "fs/tree.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct walk {
	fs_file_fn f;		/* for each file, or NULL */
	bool sync;		/* each directory after what it holds */
	void *arg;
	struct belay_error *err;
};

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return "a symbolic link";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFCHR:
	case S_IFBLK: return "a device";
	default: return "not a file";
	}
}

static int walk_dir(struct walk *w, int dirfd, const char *path,
		    unsigned depth);

static int walk_name(struct walk *w, int dirfd, const char *name,
		     const char *path, unsigned depth)
{
	_auto_close_ int fd = -1;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(w->err, "cannot look at '%s'", path);
	if (S_ISREG(st.st_mode))
		return w->f ? w->f(path, &st, w->arg, w->err) : 0;
	if (!S_ISDIR(st.st_mode))
		return err_set(w->err, BELAY_EINVAL, "%s where files are "
			       "expected: '%s'", kind_of(st.st_mode), path);
	fd = open_at(dirfd, name, OPEN_DIR, 0);
	if (fd < 0)
		return err_sys(w->err, "cannot open directory '%s'", path);
	return walk_dir(w, fd, path, depth + 1);
}

static int walk_dir(struct walk *w, int dirfd, const char *path,
		    unsigned depth)
{
	_auto_names_ struct fs_names names = { 0 };
	char below[PATH_MAX];
	int rc = 0;

	if (depth > FS_TREE_DEPTH)
		return err_set(w->err, BELAY_EINVAL, "directories are nested "
			       "deeper than %d: '%s'", FS_TREE_DEPTH, path);
	if (fs_list_all(dirfd, &names, w->err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		if (text_format(below, sizeof(below), "%s%s%s", path,
				*path ? "/" : "", names.name[i]) < 0)
			return err_set(w->err, BELAY_EINVAL,
				       "path is too long: '%s'", path);
		rc = walk_name(w, dirfd, names.name[i], below, depth);
	}
	if (rc == 0 && w->sync)
		rc = fs_sync(dirfd, *path ? path : ".", w->err);
	return rc;
}

int fs_tree_each(int dirfd, const char *path, fs_file_fn f, void *arg,
		 struct belay_error *err)
{
	struct walk w = { .f = f, .arg = arg, .err = err };
	_auto_close_ int parent = -1;
	const char *base;

	if (!*path)
		return walk_dir(&w, dirfd, "", 0);
	parent = fs_tree_parent(dirfd, path, &base, err);
	return parent < 0 ? -1 : walk_name(&w, parent, base, path, 0);
}

int fs_tree_sync(int dirfd, struct belay_error *err)
{
	struct walk w = { .sync = true, .err = err };

	return walk_dir(&w, dirfd, "", 0);
}
