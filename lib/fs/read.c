/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.c - read what is there: directories anew each time, files whole
 *
 * A name that was looked for and not found may stay unseen for half a minute on
 * NFS; reading its directory shows it at once.  So what exists is always
 * learnt by fs_list(), and a handle gone stale is simply opened again.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/patient.h"
#include "fs/fs.h"

#define STALE_TRIES 5

void fs_names_free(struct fs_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct fs_names){ 0 };
}

int fs_names_add(struct fs_names *names, const char *name)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? 2 * names->cap : 16;
		char **grown = realloc(names->name, cap * sizeof(*grown));

		if (!grown)
			return -1;
		names->name = grown;
		names->cap = cap;
	}
	names->name[names->n] = strdup(name);
	return names->name[names->n] ? (names->n++, 0) : -1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_wanted(const char *name, bool all)
{
	if (name[0] != '.')
		return true;
	return all && strcmp(name, ".") && strcmp(name, "..");
}

/* For one reading of a directory. */
struct listing {
	fs_name_fn f;
	void *arg;
	bool all;
};

static int list_once(int dirfd, const struct listing *l)
{
	/* opened anew: a descriptor that is kept keeps its old contents too */
	int fd = open_at(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	errno = 0;
	while (rc == 0 && (e = readdir(dir))) {
		if (is_wanted(e->d_name, l->all))
			rc = l->f(e->d_name, l->arg);
		errno = rc ? ENOMEM : 0;
	}
	rc = errno;
	closedir(dir);
	errno = rc;
	return rc ? -1 : 0;
}

/* A descriptor is all that is known here, but the kernel knows more. */
static int cannot_list(int dirfd, struct belay_error *err)
{
	char link[32], path[256];
	int saved = errno;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	n = readlink(link, path, sizeof(path));
	errno = saved;
	return err_sys(err, "cannot list directory '%.*s'", n < 0 ? 0 : (int)n,
		       path);
}

static int list(int dirfd, const struct listing *l, struct belay_error *err)
{
	for (int tries = 0; list_once(dirfd, l) < 0; tries++) {
		bool again = errno == ESTALE || errno == EINTR;

		if (!again || tries == STALE_TRIES)
			return cannot_list(dirfd, err);
		if (errno == ESTALE)
			clock_sleep_ms(10 << tries);
	}
	return 0;
}

int fs_each_name(int dirfd, fs_name_fn f, void *arg, struct belay_error *err)
{
	return list(dirfd, &(struct listing){ f, arg, false }, err);
}

static int add_name(const char *name, void *arg)
{
	return fs_names_add(arg, name);
}

/* What was seen before a handle went stale is seen again. */
static void drop_repeated(struct fs_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->n; i++) {
		if (kept && !strcmp(names->name[kept - 1], names->name[i]))
			free(names->name[i]);
		else
			names->name[kept++] = names->name[i];
	}
	names->n = kept;
}

static int list_sorted(int dirfd, struct fs_names *names, bool all,
		       struct belay_error *err)
{
	fs_names_free(names);
	if (list(dirfd, &(struct listing){ add_name, names, all }, err) < 0)
		return -1;
	if (names->n)
		qsort(names->name, names->n, sizeof(*names->name), by_text);
	drop_repeated(names);
	return 0;
}

int fs_list(int dirfd, struct fs_names *names, struct belay_error *err)
{
	return list_sorted(dirfd, names, false, err);
}

int fs_list_all(int dirfd, struct fs_names *names, struct belay_error *err)
{
	return list_sorted(dirfd, names, true, err);
}

bool fs_names_has(const struct fs_names *names, const char *name)
{
	return names->n && bsearch(&name, names->name, names->n,
				   sizeof(*names->name), by_text);
}

static int judge(const struct stat *st, const char *name, size_t max,
		 struct belay_error *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, BELAY_EFAILED, "not a regular file: '%s'",
			       name);
	if (st->st_uid != geteuid() || st->st_mode & 022)
		return err_set(err, BELAY_EFAILED,
			       "not yours, or others can write it: '%s'", name);
	if ((uint64_t)st->st_size > max)
		return err_set(err, BELAY_ECORRUPT, "too large: '%s'", name);
	return 0;
}

/* 0 read, -1 failed for good, 1 stale. */
static int read_once(int dirfd, const char *name, size_t max, struct buf *out,
		     struct belay_error *err)
{
	/* O_NONBLOCK: a FIFO put in the place must not hang us */
	_auto_close_ int fd = open_at(dirfd, name, O_RDONLY | O_NOFOLLOW |
				     O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat st;
	ssize_t n;
	char *room;

	buf_clear(out);
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ESTALE ? 1 : err_sys(err, "cannot read '%s'", name);
	if (judge(&st, name, max, err) < 0)
		return -1;
	do {
		room = buf_room(out, out->len ? 65536 : (size_t)st.st_size + 1);
		if (!room)
			return err_nomem(err);
		n = read(fd, room, out->cap - out->len - 1);
		if (n < 0 && errno != EINTR)
			return errno == ESTALE ? 1 :
			       err_sys(err, "cannot read '%s'", name);
		out->len += n > 0 ? (size_t)n : 0;
		out->data[out->len] = '\0';
	} while (n && out->len <= max);
	if (out->len > max)
		return err_set(err, BELAY_ECORRUPT, "too large: '%s'", name);
	return 0;
}

int fs_read(int dirfd, const char *name, size_t max, struct buf *out,
	    struct belay_error *err)
{
	int rc;

	for (int tries = 0; ; tries++) {
		rc = read_once(dirfd, name, max, out, err);
		if (rc <= 0)
			return rc;
		if (tries == STALE_TRIES)
			return err_sys(err, "cannot read '%s'", name);
		clock_sleep_ms(10 << tries);
	}
}
