/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open.c - reach a directory without being led astray
 *
 * A path is walked component by component and every component is judged after
 * it is opened, so nothing can be swapped in between.  A directory that
 * strangers may write to could hold anything; a link that a stranger made
 * could lead anywhere.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "fs/fs.h"

#define MAX_LINKS 16
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static const char *user_name(uid_t uid, char out[64])
{
	struct passwd pw, *found = NULL;
	char memory[4096];

	if (getpwuid_r(uid, &pw, memory, sizeof(memory), &found) == 0 && found)
		snprintf(out, 64, "%s", pw.pw_name);
	else
		snprintf(out, 64, "user %u", (unsigned)uid);
	return out;
}

/* What is wrong with the place itself no second try would change. */
static int cannot(const char *verb, const char *name, struct belay_error *err)
{
	err_sys(err, "cannot %s directory '%s'", verb, name);
	if (err && (err->sys == EACCES || err->sys == ENOTDIR ||
		    err->sys == ELOOP))
		err->code = BELAY_ECONFIG;
	return -1;
}

static int judge(const struct stat *st, bool last, const char *name,
		 struct belay_error *err)
{
	char owner[64];

	if (last ? st->st_uid != geteuid() : !trusted(st->st_uid))
		return err_set(err, BELAY_ECONFIG,
			       "directory belongs to %s: '%s'",
			       user_name(st->st_uid, owner), name);
	if (st->st_mode & 022 && (last || !(st->st_mode & S_ISVTX)))
		return err_set(err, BELAY_ECONFIG,
			       "directory can be written by others: '%s'; "
			       "chmod go-w", name);
	return 0;
}

/* A path on its way: what is reached and what is still to go. */
struct walk {
	int fd;
	char rest[PATH_MAX];
	unsigned links;
	bool create;
};

/* Cut the next component off walk->rest: 1, 0 when none is left, -1. */
static int next_component(struct walk *w, char name[NAME_MAX + 1],
			  struct belay_error *err)
{
	size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");

	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return err_sys(err, "cannot open directory '%.40s...'",
			       w->rest + skip);
	}
	memcpy(name, w->rest + skip, n);
	name[n] = '\0';
	memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
	return n > 0;
}

/* fd is a link, not the name of one: put what it says in front of the rest. */
static int follow(struct walk *w, int fd, const char *name,
		  const struct stat *st, struct belay_error *err)
{
	char target[PATH_MAX], owner[64], joined[PATH_MAX];
	ssize_t n;

	if (!trusted(st->st_uid))
		return err_set(err, BELAY_ECONFIG, "symbolic link of %s: '%s'",
			       user_name(st->st_uid, owner), name);
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return err_sys(err, "cannot read link '%s'", name);
	target[n] = '\0';
	if (++w->links > MAX_LINKS ||
	    text_format(joined, sizeof(joined), "%s%s", target, w->rest) < 0)
		return err_set(err, BELAY_ECONFIG, "too many links: '%s'", name);
	memcpy(w->rest, joined, sizeof(joined));
	if (target[0] != '/')
		return 0;
	close(w->fd);
	w->fd = open_at(AT_FDCWD, "/", OPEN_DIR, 0);
	return w->fd < 0 ? err_sys(err, "cannot open '/'") : 0;
}

/* Whoever put something else in the place is named. */
static int follow_or_refuse(struct walk *w, const char *name,
			    struct belay_error *err)
{
	_auto_close_ int fd = open_at(w->fd, name,
				     O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	char owner[64];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot("open", name, err);
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, name, &st, err);
	return err_set(err, BELAY_ECONFIG, "cannot open directory '%s': Not a "
		       "directory (it is %s's)", name,
		       user_name(st.st_uid, owner));
}

/* 1, 0, -1. */
static int is_empty(int dirfd, const char *name, struct belay_error *err)
{
	int fd = open_at(dirfd, ".", OPEN_DIR, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		err_sys(err, "cannot list directory '%s'", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((e = readdir(dir)) &&
	       (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")))
		;
	closedir(dir);
	return !e;
}

static int make_here(struct walk *w, const char *name, struct belay_error *err)
{
	struct stat st;

	if (fstat(w->fd, &st) < 0)
		return err_sys(err, "cannot look at the parent of '%s'", name);
	if (st.st_uid != geteuid() && !(st.st_mode & S_ISVTX))
		return err_set(err, BELAY_ENOENT,
			       "directory is missing and its parent is not "
			       "yours: '%s'", name);
	if (mkdirat(w->fd, name, 0700) < 0 && errno != EEXIST)
		return cannot("make", name, err);
	return 0;
}

/* One of ours that is empty: if it was not made now, whoever made it may have
 * died before the sync.  Where we may not read we have made nothing before. */
static int sync_entry(const struct walk *w, int fd, bool made, const char *name,
		      struct belay_error *err)
{
	_auto_close_ int parent = -1;

	if (is_empty(fd, name, NULL) != 1)
		return 0;
	parent = open_at(w->fd, ".", OPEN_DIR, 0);
	if (parent < 0)
		return made ? cannot("open the parent of", name, err) : 0;
	return fs_sync(parent, name, err);
}

static int open_here(const struct walk *w, const char *name)
{
	int fd = open_at(w->fd, name, OPEN_DIR, 0);

	if (fd < 0 && errno == EACCES)	/* may be passed, not read */
		fd = open_at(w->fd, name,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd;
}

static int step(struct walk *w, const char *name, struct belay_error *err)
{
	_auto_close_ int fd = open_here(w, name);
	bool made = false;
	struct stat st;

	if (fd < 0 && errno == ENOENT && w->create) {
		if (make_here(w, name, err) < 0)
			return -1;
		made = true;
		fd = open_here(w, name);
	}
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return follow_or_refuse(w, name, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot("open", name, err);
	if (judge(&st, false, name, err) < 0)
		return -1;
	if (w->create && st.st_uid == geteuid() &&
	    sync_entry(w, fd, made, name, err) < 0)
		return -1;
	close(w->fd);
	w->fd = take_fd(&fd);
	return 0;
}

int fs_dir_open(const char *path, bool create, struct belay_error *err)
{
	struct walk w = { .create = create };
	char name[NAME_MAX + 1];
	struct stat st;
	int fd, rc;

	if (path[0] != '/' ||
	    text_format(w.rest, sizeof(w.rest), "%s", path) < 0)
		return err_set(err, BELAY_EINVAL, "not an absolute path: '%s'",
			       path);
	w.fd = open_at(AT_FDCWD, "/", OPEN_DIR, 0);
	if (w.fd < 0)
		return err_sys(err, "cannot open '/'");
	while ((rc = next_component(&w, name, err)) > 0) {
		if (strcmp(name, ".") && (rc = step(&w, name, err)) < 0)
			break;
	}
	if (rc < 0) {
		close(w.fd);
		return err_prefix(err, "%s", path);
	}
	fd = open_at(w.fd, ".", OPEN_DIR, 0);	/* the last one must be readable */
	close(w.fd);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot("open", path, err);
	if (judge(&st, true, path, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int fs_subdir_open(int dirfd, const char *name, struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, name, OPEN_DIR, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot("open", name, err);
	if (judge(&st, true, name, err) < 0)
		return -1;
	return take_fd(&fd);
}

int fs_subdir_make_first(int dirfd, const char *name, struct belay_error *err)
{
	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return cannot("make", name, err);
	return fs_subdir_open(dirfd, name, err);
}

/*
 * Nobody puts anything into a directory before it is durable.  So one that is
 * not empty is; of an empty one whoever made it may have died before the sync.
 */
int fs_subdir_make(int dirfd, const char *name, struct belay_error *err)
{
	_auto_close_ int fd = -1;
	int empty;

	fd = fs_subdir_make_first(dirfd, name, err);
	empty = fd < 0 ? -1 : is_empty(fd, name, err);
	if (empty < 0 || (empty && fs_sync(dirfd, name, err) < 0))
		return -1;
	return take_fd(&fd);
}
