/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.c - a part, from its name to the moment it is durable
 *
 * One sync makes all of it durable, index included: nothing names the file
 * before.  When that sync fails the kernel may have dropped what it could not
 * write and call it clean, so the file is removed and never synced again.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "fs/bulk.h"
#include "pack/async.h"
#include "pack/reader.h"

static void add_parent(struct pack_writer *w, const struct pack_parent *p,
		       unsigned file)
{
	w->ix.parent[w->ix.n_parents++] = *p;
	w->file[file] = (uint16_t)w->ix.n_parents;
}

/* Base is a parent itself, and so are some of its own. */
static int add_parents(struct pack_writer *w, struct belay_error *err)
{
	const struct pack_reader *base = w->opt.base;
	struct pack_parent own = { .size = base->sum.size,
				   .index = base->sum.index };
	struct pack_parent its[PACK_PARENTS_MAX];
	unsigned n = pack_base_parents(base, its);

	if (!w->opt.base_as || !text_is_name(w->opt.base_as) ||
	    text_format(own.name, sizeof(own.name), "%s", w->opt.base_as) < 0)
		return err_set(err, BELAY_EINVAL, "no name for a parent");
	add_parent(w, &own, 0);
	for (unsigned i = 0; i < base->sum.n_parents; i++)
		for (unsigned k = 0; k < n; k++)
			if (!strcmp(its[k].name, base->sum.parent[i].name))
				add_parent(w, &its[k], i + 1);
	return 0;
}

static int begin(struct pack_writer *w, int dirfd, struct belay_error *err)
{
	struct pack_header h = { .attempt = w->opt.attempt,
				 .rank = w->opt.rank, .ranks = w->opt.ranks };
	uint8_t bytes[PACK_HEADER];
	struct iovec iov = { bytes, sizeof(bytes) };

	if (h.rank >= h.ranks || w->opt.zstd_level > PACK_ZSTD_MAX)
		return err_set(err, BELAY_EINVAL, "no such rank or level");
	if (w->opt.base && add_parents(w, err) < 0)
		return -1;
	w->dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	if (w->dirfd < 0)
		return err_sys(err, "cannot hold the directory of '%s'",
			       w->name);
	w->fd = fs_bulk_create(dirfd, w->name, err);
	if (w->fd < 0)
		return -1;
	memcpy(h.owner, w->opt.owner, sizeof(h.owner));
	w->ix.identity = pack_header_encode(&h, bytes);
	atomic_store(&w->end, PACK_HEADER);
	if (fs_bulk_write(w->fd, &iov, 1, 0, w->name, err) < 0)
		return -1;
	/* more writers than processors keep the disk busy as it is */
	w->pace.soon = team_size(w->opt.threads) <= team_processors();
	if (w->opt.async)
		w->async = async_start(w);	/* or there is none */
	return 0;
}

struct pack_writer *pack_create(int dirfd, const char *name,
				const struct pack_options *opt,
				struct belay_error *err)
{
	struct pack_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		err_nomem(err);
		return NULL;
	}
	w->pid = getpid();
	w->opt = *opt;
	w->dirfd = w->fd = -1;
	if (text_format(w->name, sizeof(w->name), "%s", name) < 0)
		err_set(err, BELAY_EINVAL, "name is too long: '%s'", name);
	else if (begin(w, dirfd, err) == 0)
		return w;
	pack_abandon(w);
	return NULL;
}

static void writer_free(struct pack_writer *w)
{
	base_closep(&w->fd);
	base_closep(&w->dirfd);
	for (unsigned i = 0; i < TEAM_MAX; i++)
		coder_fini(&w->coder[i]);
	pack_index_fini(&w->ix);
	free(w);
}

/* The name is ours only once the file is. */
void pack_abandon(struct pack_writer *w)
{
	if (!w)
		return;
	if (w->pid != getpid()) {
		if (w->async)
			async_forget(w->async);
	} else {
		if (w->async)
			async_end(w->async, true, NULL);
		if (w->fd >= 0)
			unlinkat(w->dirfd, w->name, 0);
	}
	writer_free(w);
}

/* Those that nothing refers to are left out, and the others renumbered. */
static void drop_unused(struct pack_index *ix)
{
	uint16_t now[1 + PACK_PARENTS_MAX] = { 0 };
	unsigned kept = 0;

	for (unsigned i = 0; i < ix->n_parents; i++) {
		if (!ix->parent[i].used)
			continue;
		ix->parent[kept++] = ix->parent[i];
		now[i + 1] = (uint16_t)kept;
	}
	ix->n_parents = kept;
	for (size_t i = 0; i < ix->n_entries; i++)
		for (uint64_t n = 0; n < ix->entry[i]->n_blocks; n++)
			ix->entry[i]->block[n].file =
				now[ix->entry[i]->block[n].file];
}

static int write_index(struct pack_writer *w, struct pack_sum *sum,
		       struct belay_error *err)
{
	uint64_t at = (atomic_load(&w->end) + PACK_ALIGN - 1) / PACK_ALIGN *
		      PACK_ALIGN;
	_auto_buf_ struct buf bytes = { 0 };
	struct pack_footer f = { .at = at };
	struct iovec iov;
	uint8_t foot[PACK_FOOTER];

	pack_index_encode(&w->ix, &bytes);
	if (bytes.failed)
		return err_nomem(err);
	if (bytes.len > PACK_INDEX_MAX)
		return err_set(err, BELAY_EINVAL, "too much for one part: '%s'",
			       w->name);
	f.len = bytes.len;
	f.digest = digest_of(bytes.data, bytes.len);
	f.size = at + f.len + PACK_FOOTER;
	pack_footer_encode(&f, w->ix.identity, foot);
	buf_add(&bytes, foot, sizeof(foot));
	if (bytes.failed)
		return err_nomem(err);
	sum->index = f.digest;
	sum->size = f.size;
	iov = (struct iovec){ bytes.data, bytes.len };
	return fs_bulk_write(w->fd, &iov, 1, at, w->name, err);
}

static int make_durable(struct pack_writer *w, struct belay_error *err)
{
	if (fs_sync(w->fd, w->name, err) < 0)
		return -1;
	if (close_written(take_fd(&w->fd)) < 0)
		return err_sys(err, "cannot write '%s'", w->name);
	return 0;
}

static void fill_sum(struct pack_writer *w, struct pack_sum *sum)
{
	sum->stored = pack_index_count(&w->ix);
	drop_unused(&w->ix);
	sum->n_parents = w->ix.n_parents;
	memcpy(sum->parent, w->ix.parent, sizeof(sum->parent));
	for (size_t i = 0; i < w->ix.n_entries; i++)
		sum->bytes += w->ix.entry[i]->e.bytes;
}

/* Everything that was put is in the file. */
static int all_stored(struct pack_writer *w, struct belay_error *err)
{
	struct async *a = take_ptr(&w->async);

	if (a && async_end(a, w->failed, err) < 0 && !w->failed)
		return -1;
	if (w->failed)
		return err_set(err, BELAY_EINVAL, "failed before: '%s'",
			       w->name);
	return 0;
}

static int complete(struct pack_writer *w, struct pack_sum *sum,
		    struct belay_error *err)
{
	if (all_stored(w, err) < 0)
		return -1;
	fill_sum(w, sum);
	if (write_index(w, sum, err) < 0 || make_durable(w, err) < 0)
		return -1;
	return w->opt.verify ? writer_verify(w, &sum->proof, err) : 0;
}

int pack_finish(struct pack_writer *w, struct pack_sum *sum,
		struct belay_error *err)
{
	struct pack_sum s = { .size = 0 };

	if (w->pid != getpid()) {
		err_set(err, BELAY_EINVAL, "made by another process: '%s'",
			w->name);
		pack_abandon(w);
		return -1;
	}
	if (complete(w, &s, err) < 0) {
		unlinkat(w->dirfd, w->name, 0);
		writer_free(w);
		return -1;
	}
	*sum = s;
	writer_free(w);
	return 0;
}
