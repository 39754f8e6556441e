/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore.c - put the files of a checkpoint back, each byte verified
 *
 * All files are first copied beside their places under temporary names,
 * verified and synced; only then are they renamed.  So damage or a full disk
 * is found before any file of the user's is replaced.  What a restore that was
 * killed has left goes with the next one into the same place.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "checkpoint/file.h"
#include "checkpoint/leftover.h"
#include "checkpoint/packed_files.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

struct restore {
	const struct run *run;
	const struct checkpoint *c;	/* its files are what is made */
	int from, into;
	struct packed_files *packed;	/* where they come from, if packed */
	char prefix[LEFTOVER_PREFIX];	/* of our temporary names */
	unsigned copied;	/* files under temporary names, or tried */
	struct fs_names made;	/* directories, outer before inner */
};

/* The temporary name of file i, beside its place. */
static int temporary(const struct restore *s, unsigned i, char out[PATH_MAX],
		     struct belay_error *err)
{
	const char *name = s->c->files[i].name, *slash = strrchr(name, '/');

	if (text_format(out, PATH_MAX, "%.*s%s-%u",
			slash ? (int)(slash + 1 - name) : 0, name, s->prefix,
			i) < 0)
		return err_set(err, BELAY_EINVAL, "path is too long: '%s'",
			       name);
	return 0;
}

static int make_dir(struct restore *s, const char *path,
		    struct belay_error *err)
{
	int rc = fs_tree_mkdir(s->into, path, err);

	if (rc == 1)
		rc = fs_names_add(&s->made, path) < 0 ? err_nomem(err) : 0;
	return rc;
}

static int make_parents(struct restore *s, const char *name,
			struct belay_error *err)
{
	const char *slash = name;
	char path[PATH_MAX];

	while ((slash = strchr(slash, '/'))) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
		if (make_dir(s, path, err) < 0)
			return -1;
		slash++;
	}
	return 0;
}

/* Every byte of file i, verified. */
static int fill(struct restore *s, unsigned i, int out, struct belay_error *err)
{
	const struct checkpoint_file *f = &s->c->files[i];
	_auto_close_ int in = -1;

	if (s->packed)
		return packed_files_write(s->packed, i, out, err);
	in = checkpoint_open_file(s->from, f, err);
	return in < 0 ? -1 : checkpoint_copy_file(in, out, f, err);
}

static int copy_one(struct restore *s, unsigned i, struct belay_error *err)
{
	const struct checkpoint_file *f = &s->c->files[i];
	_auto_close_ int out = -1;
	char tmp[PATH_MAX];

	if (temporary(s, i, tmp, err) < 0 || make_parents(s, f->name, err) < 0)
		return -1;
	if (fs_tree_has_dir(s->into, f->name))
		return err_set(err, BELAY_EFAILED, "a directory is in the way: "
			       "'%s'", f->name);
	s->copied = i + 1;
	out = fs_tree_create(s->into, tmp, err);
	if (out < 0)
		return err_prefix(err, "cannot restore '%s'", f->name);
	if (fill(s, i, out, err) < 0)
		return -1;
	if (fchmod(out, f->mode) < 0)
		return err_sys(err, "cannot set the mode of '%s'", f->name);
	return fs_finish(&out, f->name, err);
}

static void undo(struct restore *s)
{
	char tmp[PATH_MAX];

	for (unsigned i = 0; i < s->copied; i++)
		if (temporary(s, i, tmp, NULL) == 0)
			fs_tree_undo(s->into, tmp);
	for (size_t i = s->made.n; i-- > 0;)
		fs_tree_undo(s->into, s->made.name[i]);
}

static int put_in_place(struct restore *s, struct belay_error *err)
{
	char tmp[PATH_MAX];

	for (unsigned i = 0; i < s->c->n_files; i++)
		if (temporary(s, i, tmp, err) < 0 ||
		    fs_tree_rename(s->into, tmp, s->c->files[i].name, err) < 0)
			return -1;
	return 0;
}

static int copy_all(struct restore *s, struct belay_error *err)
{
	for (unsigned i = 0; i < s->c->n_files; i++)
		if (copy_one(s, i, err) < 0)
			return -1;
	return 0;
}

static int restore_into(struct restore *s, struct belay_error *err)
{
	int rc;

	rc = copy_all(s, err) < 0 || put_in_place(s, err) < 0 ? -1 : 0;
	if (rc < 0)
		undo(s);
	fs_names_free(&s->made);
	return rc;
}

/* 1: made, 0: it was there, -1. */
static int make_into(const char *into, struct belay_error *err)
{
	if (mkdir(into, 0700) == 0)
		return 1;
	return errno == EEXIST ? 0 : err_sys(err, "cannot make '%s'", into);
}

static int restore_to(struct restore *s, const char *into,
		      struct belay_error *err)
{
	_auto_close_ int fd = -1;
	int made = make_into(into, err), rc = -1;

	if (made < 0)
		return -1;
	fd = s->into = open_at(AT_FDCWD, into, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		err_sys(err, "cannot open '%s'", into);
	else {
		leftover_prefix(s->run, s->prefix);
		leftover_sweep(s->run, s->c, fd);
		rc = restore_into(s, err);
	}
	if (rc < 0 && made)
		rmdir(into);
	return rc;
}

static int restore_packed(struct run *r, const struct checkpoint *c,
			  const char *into, struct belay_error *err)
{
	struct packed_files *files = packed_files_open(r, c, err);
	struct restore s = { .run = r, .packed = files, .from = -1 };
	int rc = -1;

	if (files) {
		s.c = packed_files_list(files);
		rc = restore_to(&s, into, err);
	}
	packed_files_close(files);
	return rc;
}

int checkpoint_restore(struct run *r, const struct checkpoint *c,
		       const char *into, struct belay_error *err)
{
	_auto_close_ int from = -1;
	struct restore s = { .run = r, .c = c };

	if (c->damaged)
		return checkpoint_check(r, c, false, err);
	if (c->ranks)
		return restore_packed(r, c, into, err);
	from = s.from = store_open_id(r, c->id, err);
	return from < 0 ? -1 : restore_to(&s, into, err);
}
