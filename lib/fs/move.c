/* SPDX-License-Identifier: Apache-2.0 */
/*
 * move.c - bring finished files to the place where they belong
 *
 * Two passes, and their order is the point: no file gets its name before the
 * bytes of all are durable, so a crash never shows a name with half of them.
 * They are two calls, for a move that fails may be tried again, a sync may not.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/tree.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* One directory on both sides; `to` is -1 while only syncing. */
struct pair {
	int from, to;
	unsigned depth;
};

typedef int (*entry_fn)(const struct pair *p, const char *name, mode_t mode,
			struct belay_error *err);

static int each(const struct pair *p, entry_fn f, struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	struct stat st;

	if (p->depth > FS_TREE_DEPTH)
		return err_set(err, BELAY_EINVAL, "directories are nested "
			       "deeper than %d", FS_TREE_DEPTH);
	if (fs_list_all(p->from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.name[i];

		if (fstatat(p->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, "cannot look at '%s'", name);
		if (f(p, name, st.st_mode, err) < 0)
			return -1;
	}
	return 0;
}

static int sync_entry(const struct pair *p, const char *name, mode_t mode,
		      struct belay_error *err)
{
	bool is_dir = S_ISDIR(mode);
	_auto_close_ int fd = -1;

	if (!is_dir && !S_ISREG(mode))
		return 0;
	fd = open_at(p->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "cannot open '%s'", name);
	if (is_dir)
		return each(&(struct pair){ fd, -1, p->depth + 1 }, sync_entry,
			    err);
	return fs_sync(fd, name, err);
}

static int move_entry(const struct pair *p, const char *name, mode_t mode,
		      struct belay_error *err);

/*
 * The directory `name` in `to`, where others may write too.  A link that is
 * ours or root's leads where its owner wanted; it is judged, and read, after it
 * is opened, so a stranger cannot put another in its place meanwhile.
 */
static int open_place(int to, const char *name)
{
	_auto_close_ int link = -1;
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;
	int fd = open_at(to, name, OPEN_DIR | O_NOFOLLOW, 0);

	if (fd >= 0)
		return fd;
	link = open_at(to, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (link < 0 || fstat(link, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid()) {
		errno = ELOOP;
		return -1;
	}
	n = readlinkat(link, "", target, sizeof(target) - 1);
	if (n < 0) {	/* no link */
		errno = ENOTDIR;
		return -1;
	}
	target[n] = '\0';
	return open_at(to, target, OPEN_DIR, 0);
}

static int move_dir(const struct pair *p, const char *name, mode_t mode,
		    struct belay_error *err)
{
	_auto_close_ int from = open_at(p->from, name, OPEN_DIR | O_NOFOLLOW, 0);
	_auto_close_ int to = -1;

	if (mkdirat(p->to, name, mode & 0777) < 0 && errno != EEXIST)
		return err_sys(err, "cannot make directory '%s'", name);
	to = open_place(p->to, name);
	if (from < 0 || to < 0)
		return err_sys(err, "cannot open directory '%s'", name);
	if (each(&(struct pair){ from, to, p->depth + 1 }, move_entry,
		 err) < 0 || fs_sync(to, name, err) < 0)
		return -1;
	/* what a straggler still writes there stays behind */
	unlinkat(p->from, name, AT_REMOVEDIR);
	return 0;
}

static int move_entry(const struct pair *p, const char *name, mode_t mode,
		      struct belay_error *err)
{
	if (S_ISDIR(mode))
		return move_dir(p, name, mode, err);
	if (renameat(p->from, name, p->to, name) < 0)
		return err_sys(err, "cannot move '%s' into place", name);
	return 0;
}

int fs_tree_sync_files(int dirfd, struct belay_error *err)
{
	return each(&(struct pair){ dirfd, -1, 0 }, sync_entry, err);
}

int fs_tree_move(int from, int to, struct belay_error *err)
{
	if (each(&(struct pair){ from, to, 0 }, move_entry, err) < 0)
		return -1;
	return fs_sync(to, ".", err);
}
