/* SPDX-License-Identifier: Apache-2.0 */
/* staging.c - where a chunk's files wait until the chunk is done */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "cmd/map/staging.h"
#include "fs/tree.h"

#define TMP ".belay-tmp"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Not by fs_dir_open(): results may go where others may write too.  A chunk is
 * done only if they stay, and with them their directory, whoever made it: but
 * a parent that we may not read is not where we made it. */
static int open_results(const char *dir, struct belay_error *err)
{
	_auto_close_ int fd = -1, parent = -1;

	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return err_sys(err, "cannot make directory '%s'", dir);
	fd = open_at(AT_FDCWD, dir, OPEN_DIR, 0);
	if (fd < 0)
		return err_sys(err, "cannot open directory '%s'", dir);
	parent = open_at(fd, "..", OPEN_DIR, 0);
	if (parent >= 0 && fs_sync(parent, dir, err) < 0)
		return -1;
	return take_fd(&fd);
}

int staging_open(struct staging *s, const char *dir, const char *who,
		 struct belay_error *err)
{
	_auto_free_ char *real = NULL;
	struct belay_error why;

	*s = (struct staging){ .tmpfd = -1 };
	s->dirfd = open_results(dir, err);
	if (s->dirfd < 0)
		return -1;
	real = realpath(dir, NULL);
	if (!real || text_format(s->path, sizeof(s->path), "%s/" TMP, real) < 0 ||
	    text_format(s->prefix, sizeof(s->prefix), "%s", who) < 0) {
		errno = real ? ENAMETOOLONG : errno;
		err_sys(err, "cannot use directory '%s'", dir);
		staging_close(s);
		return -1;
	}
	/* chunks that a crash interrupts begin anew, so it may go with it */
	s->tmpfd = fs_subdir_make_first(s->dirfd, TMP, &why);
	if (s->tmpfd < 0 && !err_is_no_room(&why)) {
		if (err)
			*err = why;
		err_prefix(err, "%s", dir);
		unlinkat(s->dirfd, TMP, AT_REMOVEDIR);	/* if it is empty */
		staging_close(s);
		return -1;
	}
	return 0;
}

void staging_close(struct staging *s)
{
	if (s->tmpfd >= 0) {
		close(s->tmpfd);
		unlinkat(s->dirfd, TMP, AT_REMOVEDIR);	/* if it is empty */
	}
	if (s->dirfd >= 0)
		close(s->dirfd);
	s->dirfd = s->tmpfd = -1;
}

/* "<run>.<attempt>-...", of an attempt before this one? */
static bool is_older(const char *name, const char *run, unsigned attempt)
{
	size_t n = strlen(run);
	char *end;
	unsigned long of;

	if (strncmp(name, run, n) || name[n] != '.')
		return false;
	of = strtoul(name + n + 1, &end, 10);
	return *end == '-' && of < attempt;
}

void staging_sweep(struct staging *s, const char *run, unsigned attempt)
{
	_auto_names_ struct fs_names names = { 0 };

	if (fs_list(s->tmpfd, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (is_older(names.name[i], run, attempt))
			fs_remove(s->tmpfd, names.name[i], NULL);
}

void staging_sweep_dir(const char *dir, const char *run, unsigned attempt)
{
	struct staging s;

	if (staging_open(&s, dir, run, NULL) < 0)
		return;
	staging_sweep(&s, run, attempt);
	staging_close(&s);
}

/* There may have been no room for it; or another map in the same directory may
 * have found .belay-tmp empty at its end, and removed it. */
static int reopen(struct staging *s, struct belay_error *err)
{
	int fd = fs_subdir_make_first(s->dirfd, TMP, err);

	if (fd < 0)
		return err_prefix(err, "%s", s->path);
	if (s->tmpfd >= 0)
		close(s->tmpfd);
	s->tmpfd = fd;
	return 0;
}

static int make_unused(struct staging *s, struct stage *st,
		       struct belay_error *err)
{
	if (s->tmpfd < 0 && reopen(s, err) < 0)
		return -1;
	for (;;) {
		if (text_format(st->name, sizeof(st->name), "%s-%u-%u",
				s->prefix, st->slot, st->n++) < 0)
			return err_set(err, BELAY_EINVAL,
				       "name is too long: '%s'", s->prefix);
		if (mkdirat(s->tmpfd, st->name, 0700) == 0)
			return 0;
		if (errno == ENOENT && reopen(s, err) < 0)
			return -1;
		if (errno != EEXIST && errno != ENOENT)
			return err_sys(err, "cannot make '%s/%s'", s->path,
				       st->name);
	}
}

int stage_make(struct staging *s, struct stage *st, unsigned slot,
	       struct belay_error *err)
{
	st->slot = slot;
	if (make_unused(s, st, err) < 0)
		return -1;
	st->fd = open_at(s->tmpfd, st->name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	st->empty = true;
	if (st->fd >= 0)
		return 0;
	err_sys(err, "cannot open '%s/%s'", s->path, st->name);
	unlinkat(s->tmpfd, st->name, AT_REMOVEDIR);
	return -1;
}

static bool has_entries(const char *entries, ssize_t n)
{
	for (ssize_t at = 0; at < n; ) {
		const struct dirent64 *e = (const void *)(entries + at);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			return true;
		at += e->d_reclen;
	}
	return false;
}

/* Without readdir(3), for this is asked once for every chunk. */
bool stage_is_empty(struct stage *st)
{
	char entries[512] __attribute__((aligned(8)));
	ssize_t n;

	lseek(st->fd, 0, SEEK_SET);
	n = syscall(SYS_getdents64, st->fd, entries, sizeof(entries));
	st->empty = n >= 0 && !has_entries(entries, n);
	return st->empty;
}

int stage_publish(const struct staging *s, struct stage *st,
		  struct belay_error *err)
{
	if (!st->durable && fs_tree_sync_files(st->fd, err) < 0)
		return -1;
	st->durable = true;
	return fs_tree_move(st->fd, s->dirfd, err);
}

void stage_drop(struct staging *s, struct stage *st)
{
	if (st->fd < 0)
		return;
	close(take_fd(&st->fd));
	fs_remove(s->tmpfd, st->name, NULL);
}
