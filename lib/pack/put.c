/* SPDX-License-Identifier: Apache-2.0 */
/* put.c - an array or a file becomes runs of blocks, which threads store */

#include <sys/stat.h>
#include <unistd.h>

#include "fs/bulk.h"
#include "pack/pool.h"

struct put {
	struct pack_writer *w;
	struct pack_entry *e;
	const uint8_t *data;	/* or NULL: */
	int fd;
	struct coder reader[TEAM_MAX];
};

static struct run_of_blocks run_at(const struct put *p, uint64_t piece)
{
	uint64_t first = piece * RUN_BLOCKS, left = p->e->n_blocks - first;

	return (struct run_of_blocks){
		.e = p->e, .first = first,
		.n = left < RUN_BLOCKS ? (unsigned)left : RUN_BLOCKS,
		.data = p->data ? p->data + first * PACK_BLOCK : NULL,
	};
}

static size_t run_bytes(const struct run_of_blocks *r)
{
	return (size_t)(r->n - 1) * PACK_BLOCK +
	       pack_block_bytes(r->e, r->first + r->n - 1);
}

/* What is in memory is stored from there. */
static int put_run(unsigned worker, uint64_t piece, void *arg,
		   struct belay_error *err)
{
	struct put *p = arg;
	struct run_of_blocks r = run_at(p, piece);
	struct coder *c = &p->reader[worker];

	if (!r.data) {
		if (coder_room(c) < 0)
			return err_nomem(err);
		if (fs_bulk_read(p->fd, c->run, run_bytes(&r),
				 r.first * PACK_BLOCK, p->e->e.name, err) < 0)
			return -1;
		r.data = c->run;
	}
	return writer_store(p->w, worker, &r, err);
}

static int copy_run(unsigned worker, uint64_t piece, void *arg,
		    struct belay_error *err)
{
	struct put *p = arg;
	struct run_of_blocks r = run_at(p, piece);
	struct async *a = p->w->async;
	struct copy *c = async_room(a, run_bytes(&r), err);

	(void)worker;
	if (!c)
		return -1;
	if (r.data) {
		copy_fill(c, r.data);
	} else if (fs_bulk_read(p->fd, c->data, c->bytes, r.first * PACK_BLOCK,
				p->e->e.name, err) < 0) {
		async_return(a, c);
		return -1;
	}
	c->run = r;
	c->run.data = c->data;
	async_store(a, c);
	return 0;
}

/* All of the entry is stored, or copied. */
static int put_all(struct put *p, struct belay_error *err)
{
	struct pack_writer *w = p->w;
	unsigned threads = team_size(w->opt.threads);
	uint64_t runs = (p->e->n_blocks + RUN_BLOCKS - 1) / RUN_BLOCKS;
	int rc;

	if (!w->async)
		return team_do(threads, runs, put_run, p, err);
	async_copying(w->async, true);
	rc = team_do(threads, runs, copy_run, p, err);
	async_copying(w->async, false);
	return rc;
}

static int check_writer(const struct pack_writer *w, struct belay_error *err)
{
	if (w->pid != getpid())
		return err_set(err, BELAY_EINVAL,
			       "made by another process: '%s'", w->name);
	if (w->failed)
		return err_set(err, BELAY_EINVAL, "failed before: '%s'",
			       w->name);
	return 0;
}

/* A put that is refused has changed nothing; one that fails leaves blocks that
 * are not there. */
static int put(struct put *p, const struct belay_array *a,
	       struct belay_error *err)
{
	struct pack_writer *w = p->w;
	int rc;

	if (check_writer(w, err) < 0)
		return -1;
	p->e = pack_index_add(&w->ix, a, err);
	if (!p->e)
		return -1;
	rc = put_all(p, err);
	w->failed = rc < 0;
	for (unsigned i = 0; i < TEAM_MAX; i++)
		coder_fini(&p->reader[i]);
	return rc;
}

int pack_put(struct pack_writer *w, const struct belay_array *a,
	     struct belay_error *err)
{
	struct put p = { .w = w, .data = a->data, .fd = -1 };

	return put(&p, a, err);
}

int pack_put_fd(struct pack_writer *w, const char *name, int fd,
		struct belay_error *err)
{
	struct put p = { .w = w, .fd = fd };
	struct belay_array a = { .name = name, .dims = 1 };
	struct stat st;
	uint64_t bytes;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, BELAY_EINVAL, "not a file: '%s'", name);
	bytes = (uint64_t)st.st_size;
	a.shape = &bytes;
	if (put(&p, &a, err) == 0)
		return 0;
	if (err && err->code == BELAY_ECORRUPT)
		err->code = BELAY_EFAILED;	/* it became shorter */
	return -1;
}
