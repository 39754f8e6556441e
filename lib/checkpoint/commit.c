/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.c - make a checkpoint of what lies in a staging directory
 *
 * Until the rename nobody sees it, and when it is seen all of it is durable.
 * The order is the point:
 *
 *	files and directories	synced; each byte digested on the way
 *	MANIFEST		written, read back as a reader would, synced
 *	attempts/		read anew: a fenced attempt publishes nothing
 *	rename			to the next number; taken: the one after it
 *	attempts/ again		what a newer attempt may not have seen is not
 *				acknowledged
 *
 * A sync that failed is never repeated: the kernel may have dropped the bytes,
 * and would say of the next one that all is well.  So a staging directory that
 * could not be synced is marked, by its sticky bit, which needs no space.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "checkpoint/manifest.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

struct commit {
	struct run *r;
	unsigned attempt;
	int storefd, fd;	/* checkpoints/, the staging directory */
	const char *staging;	/* its name */
	struct checkpoint c;
};

/* The kernel starts to write all of them while the first is digested. */
static int add_file(const char *path, const struct stat *st, void *arg,
		    struct belay_error *err)
{
	struct commit *k = arg;
	_auto_close_ int fd = -1;

	if (st->st_nlink != 1)
		return err_set(err, BELAY_EINVAL, "a hard link where files are "
			       "expected: '%s'; copy it", path);
	if (manifest_add(&k->c, path, (uint64_t)st->st_size, st->st_mode,
			 err) < 0)
		return -1;
	fd = fs_tree_open(k->fd, path, err);
	if (fd < 0)
		return -1;
	fs_write_soon(fd);
	return 0;
}

static int digest_file(struct commit *k, struct checkpoint_file *f,
		       struct belay_error *err)
{
	_auto_close_ int fd = fs_tree_open(k->fd, f->name, err);
	uint64_t size;

	if (fd < 0 ||
	    store_digest(fd, -1, f->name, &f->digest, &size, err) < 0)
		return -1;
	if (size != f->size)
		return err_set(err, BELAY_EFAILED, "file changed while it was "
			       "read: '%s'", f->name);
	return fs_sync(fd, f->name, err) < 0 ? store_spoil(k->fd) : 0;
}

static int digest_files(struct commit *k, struct belay_error *err)
{
	if (fs_tree_each(k->fd, "", add_file, k, err) < 0)
		return -1;
	if (!k->c.n_files)
		return err_set(err, BELAY_EINVAL, "no file in the staging "
			       "directory '%s'", k->staging);
	for (unsigned i = 0; i < k->c.n_files; i++)
		if (digest_file(k, &k->c.files[i], err) < 0)
			return -1;
	return fs_tree_sync(k->fd, err) < 0 ? store_spoil(k->fd) : 0;
}

/* Names that are not UTF-8 do not survive JSON. */
static int read_back(const struct commit *k, const struct buf *text,
		     struct belay_error *err)
{
	_auto_checkpoint_ struct checkpoint c = { 0 };

	if (manifest_decode(buf_text(text), text->len, &c, err) < 0)
		return err_prefix(err, "cannot read back");
	for (unsigned i = 0; i < k->c.n_files; i++)
		if (i >= c.n_files || strcmp(k->c.files[i].name,
					     c.files[i].name))
			return err_set(err, BELAY_EINVAL, "name is not UTF-8: "
				       "'%s'", k->c.files[i].name);
	return 0;
}

static int write_manifest(struct commit *k, struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	int rc;

	if (manifest_encode(&k->c, &text, err) < 0 ||
	    read_back(k, &text, err) < 0)
		return -1;
	rc = fs_publish(k->fd, MANIFEST, text.data, text.len, err);
	if (rc == 0)
		return err_set(err, BELAY_EFAILED, "somebody else commits '%s'",
			       k->staging);
	return rc < 0 ? -1 : 0;
}

/* By name: once it is published the descriptor still leads there. */
static void remove_manifest(const struct commit *k)
{
	_auto_close_ int fd = fs_subdir_open(k->storefd, k->staging, NULL);

	if (fd >= 0)
		fs_remove(fd, MANIFEST, NULL);
}

/* Somebody was faster: MANIFEST says the number, so it is written anew. */
static int renumber(struct commit *k, uint64_t id, struct belay_error *err)
{
	remove_manifest(k);
	k->c.id = id;
	return write_manifest(k, err);
}

/* Listed once more just before: what appeared and was deleted since must not
 * have its number given again. */
static int publish(struct commit *k, struct belay_error *err)
{
	char name[CHECKPOINT_NAME];
	uint64_t id = k->c.id - 1;	/* no number is tried twice */
	int rc = 0;

	for (int tries = 0; rc == 0 && tries < STORE_NUMBERS_TRIED; tries++) {
		if (store_next_id(k->r, k->storefd, &id, err) < 0)
			return -1;
		if (id == k->c.id)
			rc = fs_publish_dir(k->storefd, k->staging, k->storefd,
					    store_name(id, name), err);
		else if (renumber(k, id--, err) < 0)
			return -1;
	}
	if (rc == 0)
		return err_set(err, BELAY_EBUSY, "every number is taken");
	return rc < 0 ? -1 : 0;
}

/* A newer attempt sweeps away what an older one has staged: then that is the
 * reason, and not what failed for it. */
static int say_if_fenced(const struct commit *k, struct belay_error *err)
{
	struct belay_error why = { 0 };

	if (run_check_fence(k->r, k->attempt, &why) < 0 &&
	    why.code == BELAY_EFENCED && err)
		*err = why;
	return -1;
}

static int write_and_publish(struct commit *k, struct belay_error *err)
{
	if (store_check_unspoilt(k->fd, k->staging, err) < 0 || digest_files(k, err) < 0 ||
	    store_next_id(k->r, k->storefd, &k->c.id, err) < 0)
		return say_if_fenced(k, err);
	if (write_manifest(k, err) < 0 ||
	    run_check_fence(k->r, k->attempt, err) < 0 ||
	    publish(k, err) < 0) {
		remove_manifest(k);
		return say_if_fenced(k, err);
	}
	return run_check_fence(k->r, k->attempt, err);
}

/* Whoever was killed between MANIFEST and the new name left one of ours. */
static int remove_leftover(const struct commit *k, struct belay_error *err)
{
	_auto_checkpoint_ struct checkpoint c = { 0 };
	_auto_buf_ struct buf text = { 0 };
	struct belay_error why;

	if (fs_read(k->fd, MANIFEST, JSON_MAX_BYTES, &text, &why) < 0 ||
	    manifest_decode(buf_text(&text), text.len, &c, &why) < 0 ||
	    strcmp(c.submission, k->r->submission))
		return 0;	/* none, or the user's: that will be said */
	return fs_remove(k->fd, MANIFEST, err);
}

static int describe(const struct run *r, struct checkpoint *c, unsigned n,
		    const struct checkpoint_options *opt,
		    struct belay_error *err)
{
	char host[256] = "";

	if (opt->label && strlen(opt->label) >= sizeof(c->label))
		return err_set(err, BELAY_EINVAL, "label is longer than %zu "
			       "characters", sizeof(c->label) - 1);
	gethostname(host, sizeof(host) - 1);
	snprintf(c->writer, sizeof(c->writer), "%.200s-%ld", host,
		 (long)getpid());
	snprintf(c->label, sizeof(c->label), "%s",
		 opt->label ? opt->label : "");
	memcpy(c->submission, r->submission, sizeof(c->submission));
	c->attempt = n;
	c->created_us = clock_wall_us();
	c->chunks_done = opt->chunks_done;
	return 0;
}

/* The staging directory of attempt n that the path names. */
static const char *staging_name(const char *path, unsigned n)
{
	const char *slash = strrchr(path, '/');
	unsigned attempt;

	slash = slash ? slash + 1 : path;
	return store_is_staging(slash, &attempt) && attempt == n &&
	       !store_is_shared(slash) ? slash : NULL;
}

uint64_t checkpoint_commit(struct run *r, unsigned n, const char *staging,
			   const struct checkpoint_options *opt,
			   struct belay_error *err)
{
	struct commit k = { .r = r, .attempt = n,
			    .staging = staging_name(staging, n) };
	_auto_close_ int storefd = -1, fd = -1;
	uint64_t id = 0;

	if (!k.staging) {
		err_set(err, BELAY_EINVAL, "not a staging directory of attempt "
			"%u: '%s'", n, staging);
		return 0;
	}
	storefd = k.storefd = store_open(r, true, err);
	if (storefd >= 0)
		fd = k.fd = fs_subdir_open(storefd, k.staging, err);
	if (fd >= 0 && describe(r, &k.c, n, opt, err) == 0 &&
	    remove_leftover(&k, err) == 0 && write_and_publish(&k, err) == 0)
		id = k.c.id;
	checkpoint_fini(&k.c);
	return id;
}
