/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_save.c - copy files and publish them as a checkpoint */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"
#include "fs/tree.h"

enum { GIVEN_LABEL, GIVEN_COUNT };
static const struct verb_option options[] = {
	{ "label", 0, "TEXT", "shown by 'belay checkpoint list'" },
	{ 0 }
};

struct copying {
	int from, into;		/* here, the staging directory */
};

static int make_parents(int dirfd, const char *path, struct belay_error *err)
{
	char dir[PATH_MAX];
	const char *slash = path;

	while ((slash = strchr(slash, '/'))) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (fs_tree_mkdir(dirfd, dir, err) < 0)
			return -1;
		slash++;
	}
	return 0;
}

static int copy_file(const char *path, const struct stat *st, void *arg,
		     struct belay_error *err)
{
	const struct copying *k = arg;
	_auto_close_ int in = fs_tree_open(k->from, path, err), out = -1;

	if (in < 0 || make_parents(k->into, path, err) < 0)
		return -1;
	out = fs_tree_create(k->into, path, err);
	if (out < 0 || fs_copy(in, out, path, err) < 0)
		return -1;
	/* by its name: with the file open, nobody could kill us here while an
	 * NFSv4 server is silent */
	if (close_written(take_fd(&out)) < 0 ||
	    fchmodat(k->into, path, st->st_mode & 0777, 0) < 0)
		return err_sys(err, "cannot write '%s'", path);
	return 0;
}

/* Names are kept, so that restoring finds the place. */
static int elsewhere(const char *typed, struct belay_error *err)
{
	return err_set(err, BELAY_EINVAL, "not a path below the working "
		       "directory: '%s'; cd there first", typed);
}

/* "./a//b/" is a/b, "." is "". */
static int normalize(const char *typed, char out[PATH_MAX],
		     struct belay_error *err)
{
	size_t len = 0, n;

	if (typed[0] == '/' || strlen(typed) >= PATH_MAX)
		return elsewhere(typed, err);
	for (const char *at = typed; *at; at += n) {
		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 2 && !memcmp(at, "..", 2))
			return elsewhere(typed, err);
		if (!n || (n == 1 && *at == '.'))
			continue;
		if (len)
			out[len++] = '/';
		memcpy(out + len, at, n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}

static int copy_all(const struct copying *k, char **paths, int n,
		    struct belay_error *err)
{
	struct copying mine = *k;
	char path[PATH_MAX];

	for (int i = 0; i < n; i++)
		if (normalize(paths[i], path, err) < 0 ||
		    fs_tree_each(k->from, path, copy_file, &mine, err) != 0)
			return -1;
	return 0;
}

static int copy_into(const char *staging, char **paths, int n,
		     struct belay_error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	_auto_close_ int from = open_at(AT_FDCWD, ".", flags, 0);
	_auto_close_ int into = open_at(AT_FDCWD, staging, flags, 0);
	struct copying k = { .from = from, .into = into };

	if (from < 0)
		return err_sys(err, "cannot open '.'");
	if (into < 0)
		return err_sys(err, "cannot open '%s'", staging);
	return copy_all(&k, paths, n, err);
}

static int save(const struct verb *v, struct run *r, unsigned attempt,
		const char *label, char **paths, int n)
{
	struct belay_error err;
	_auto_free_ char *staging = checkpoint_stage(r, attempt, &err);
	int status = EXIT_FAILED;

	if (!staging)
		return verb_fail(v, &err);
	if (copy_into(staging, paths, n, &err) < 0)
		status = verb_fail(v, &err);
	else
		status = checkpoint_conclude(v, r, attempt, staging, label);
	if (status != EXIT_DONE)
		checkpoint_abandon(r, staging);
	return status;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	unsigned attempt;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at == argc)
		return verb_usage(v, "name the files or directories to save");
	r = which_own(&attempt, &err);
	if (!r)
		return verb_fail(v, &err);
	return save(v, r, attempt, given[GIVEN_LABEL], argv + at, argc - at);
}

const struct verb verb_checkpoint_save = {
	.name = "checkpoint save", .synopsis = "[--label TEXT] FILE|DIR...",
	.line = "copy files into a new checkpoint and print its id",
	.more = "Names relative to the working directory are kept.  Symbolic "
		"links, devices and FIFOs are refused, empty directories left "
		"out.",
	.options = options, .run = run,
};
