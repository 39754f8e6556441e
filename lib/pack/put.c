/* SPDX-License-Identifier: Apache-2.0 */
/* put.c - an array or a file becomes runs of blocks, which threads store */

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/bulk.h"
#include "pack/writer.h"

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

static int put_run(unsigned worker, uint64_t piece, void *arg,
		   struct belay_error *err)
{
	struct put *p = arg;
	struct run_of_blocks r = run_at(p, piece);
	uint64_t at = r.first * PACK_BLOCK, left = p->e->e.bytes - at;

	if (!r.data) {
		if (coder_room(&p->reader[worker]) < 0)
			return err_nomem(err);
		r.data = p->reader[worker].run;
		if (fs_bulk_read(p->fd, p->reader[worker].run,
				 left < RUN_BYTES ? left : RUN_BYTES, at,
				 p->e->e.name, err) < 0)
			return -1;
	}
	return writer_store(p->w, worker, &r, err);
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
	rc = team_do(team_size(w->opt.threads),
		     (p->e->n_blocks + RUN_BLOCKS - 1) / RUN_BLOCKS, put_run,
		     p, err);
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
