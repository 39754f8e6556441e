/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.c - write one rank's part of a packed checkpoint
 *
 * The order is the point:
 *
 *	part		every byte durable (pack_finish)
 *	fence		a newer attempt: nothing is announced
 *	part.N.json	published, which makes the names of part and links
 *			durable too; with one rank MANIFEST does that
 *	collect		see packed_collect.c
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "checkpoint/manifest.h"
#include "checkpoint/packed_writer.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

/* ---- what it is ---- */

static int describe(struct packed_writer *w, unsigned n,
		    const struct packed_options *opt, struct belay_error *err)
{
	struct checkpoint *c = &w->c;
	char host[256] = "";

	if (!opt->ranks || opt->ranks > CHECKPOINT_RANKS_MAX ||
	    opt->rank >= opt->ranks)
		return err_set(err, BELAY_EINVAL, "rank %u of %u ranks; at "
			       "most %d write a checkpoint together", opt->rank,
			       opt->ranks, CHECKPOINT_RANKS_MAX);
	if (opt->label && strlen(opt->label) >= sizeof(c->label))
		return err_set(err, BELAY_EINVAL, "label is longer than %zu "
			       "characters", sizeof(c->label) - 1);
	w->opt = *opt;
	w->opt.label = NULL;
	w->rank = opt->rank;
	gethostname(host, sizeof(host) - 1);
	snprintf(c->writer, sizeof(c->writer), "%.200s-%ld", host,
		 (long)getpid());
	snprintf(c->label, sizeof(c->label), "%s", opt->label ? opt->label : "");
	memcpy(c->submission, w->run->submission, sizeof(c->submission));
	c->attempt = n;
	c->created_us = clock_wall_us();
	c->chunks_done = opt->chunks_done;
	c->progress = opt->progress;
	c->ranks = opt->ranks;
	c->step = opt->step;
	return 0;
}

/* ---- where it is written ---- */

/* Several ranks must find one place; one rank shares it with nobody. */
static int name_staging(struct packed_writer *w, struct belay_error *err)
{
	uint64_t random;
	char hex[17];

	if (w->c.ranks > 1) {
		snprintf(w->staging, sizeof(w->staging),
			 ".staging-%u-step%llu-%u", w->c.attempt,
			 (unsigned long long)w->c.step, w->c.ranks);
		return 0;
	}
	if (text_random(&random, sizeof(random)) < 0)
		return err_sys(err, "cannot name a staging directory");
	text_hex(&random, sizeof(random), hex);
	snprintf(w->staging, sizeof(w->staging), ".staging-%u-%s",
		 w->c.attempt, hex);
	return 0;
}

/* A MANIFEST that stands here before this rank's part does is of a process that
 * died, and says what that one saw. */
static void remove_own(const struct packed_writer *w)
{
	char name[PACKED_NAME];

	fs_remove(w->fd, MANIFEST, NULL);
	fs_remove(w->fd, packed_note(w->rank, name), NULL);
	fs_remove(w->fd, packed_part(w->rank, name), NULL);
	for (unsigned i = 0; i < w->n_links; i++)
		fs_remove(w->fd, w->link[i], NULL);
}

static int open_staging(struct packed_writer *w, struct belay_error *err)
{
	w->storefd = store_open(w->run, true, err);
	if (w->storefd < 0 || name_staging(w, err) < 0 ||
	    fs_tree_mkdir(w->storefd, w->staging, err) < 0)
		return -1;
	w->fd = fs_subdir_open(w->storefd, w->staging, err);
	if (w->fd < 0)
		return -1;
	if (w->c.ranks > 1)
		remove_own(w);	/* of a process that died here */
	return 0;
}

/* ---- begin, put ---- */

static int open_pack(struct packed_writer *w, struct belay_error *err)
{
	const struct settings *s = &w->opt.settings;
	struct pack_options o = {
		.attempt = w->c.attempt,
		.rank = w->rank,
		.ranks = w->c.ranks,
		.zstd_level = s->compress,
		.verify = s->verify,
		.threads = w->opt.threads,
		.async = w->opt.async,
		.memory_max = w->opt.memory_max,
		.base = w->base,
		.base_as = w->link[0],
	};
	char name[PACKED_NAME];

	if (text_unhex(w->c.submission, o.owner, sizeof(o.owner)) < 0)
		return err_set(err, BELAY_ECORRUPT, "the run's submission id "
			       "is damaged");
	w->pack = pack_create(w->fd, packed_part(w->rank, name), &o, err);
	return w->pack ? 0 : -1;
}

static int begin(struct packed_writer *w, unsigned n,
		 const struct packed_options *opt, struct belay_error *err)
{
	struct checkpoint_list list = { 0 };
	int rc;

	if (describe(w, n, opt, err) < 0 ||
	    run_check_fence(w->run, n, err) < 0 ||
	    open_staging(w, err) < 0 ||
	    checkpoint_list(w->run, &list, err) < 0)
		return -1;
	rc = packed_make_room(w, &list, err);
	if (rc == 0) {
		packed_take_base(w, &list);
		rc = open_pack(w, err);
	}
	checkpoint_list_free(&list);
	return rc;
}

struct packed_writer *packed_begin(const struct run *r, unsigned n,
				   const struct packed_options *opt,
				   struct belay_error *err)
{
	struct packed_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		err_nomem(err);
		return NULL;
	}
	w->pid = getpid();
	w->fd = w->storefd = -1;
	w->run = run_open_dir(r->dir, err);
	if (w->run && begin(w, n, opt, err) == 0)
		return w;
	packed_abandon(w);
	return NULL;
}

int packed_put(struct packed_writer *w, const struct belay_array *a,
	       struct belay_error *err)
{
	return pack_put(w->pack, a, err);
}

int packed_put_fd(struct packed_writer *w, const char *name, int fd,
		  struct belay_error *err)
{
	return pack_put_fd(w->pack, name, fd, err);
}

/* ---- end ---- */

static void release(struct packed_writer *w)
{
	pack_abandon(w->pack);
	pack_close(w->base);
	if (w->fd >= 0)
		close(w->fd);
	if (w->storefd >= 0)
		close(w->storefd);
	checkpoint_fini(&w->c);
	run_close(w->run);
	free(w);
}

/* What is announced may be in a checkpoint by now, so it stays. */
static void withdraw(struct packed_writer *w)
{
	if (w->storefd < 0 || !w->staging[0] || w->announced ||
	    w->pid != getpid())
		return;
	if (w->c.ranks > 1) {
		if (w->fd >= 0)
			remove_own(w);
		fs_tree_undo(w->storefd, w->staging);
	} else {
		fs_remove(w->storefd, w->staging, NULL);
	}
}

void packed_abandon(struct packed_writer *w)
{
	if (!w)
		return;
	pack_abandon(w->pack);
	w->pack = NULL;
	withdraw(w);
	release(w);
}

static int finish_part(struct packed_writer *w, struct belay_error *err)
{
	struct pack_writer *pack = w->pack;

	w->pack = NULL;
	if (pack_finish(pack, &w->sum, err) < 0 ||
	    packed_drop_links(w, err) < 0 ||
	    run_check_fence(w->run, w->c.attempt, err) < 0)
		return -1;
	return w->c.ranks > 1 ? packed_announce(w, err) : 0;
}

int packed_commit(struct packed_writer *w, struct packed_done *done,
		  struct belay_error *err)
{
	const struct settings *s = &w->opt.settings;
	uint64_t id = 0;
	int rc = finish_part(w, err);

	if (rc == 0)
		rc = packed_collect(w, &id, err);
	if (rc < 0)
		withdraw(w);
	else if (done)
		*done = (struct packed_done){
			.id = id, .bytes = w->sum.bytes,
			.stored = w->sum.stored, .unshared = w->unshared,
		};
	/* what it was asked for is done: older ones may as well stay */
	if (rc == 1 && s->keep)
		checkpoint_prune(w->run, w->c.attempt, s->keep,
				 s->keep_every_s, NULL);
	release(w);
	return rc;
}

/* ---- what a process that died has left ---- */

/* Is it shared by ranks of attempt n? */
static bool is_shared_of(const char *name, unsigned n)
{
	unsigned attempt;

	return store_is_shared(name) && store_is_staging(name, &attempt) &&
	       attempt == n;
}

/* The directory stays: another rank may be about to write there. */
static void forget_in(int storefd, const char *staging, unsigned rank)
{
	_auto_close_ int fd = fs_subdir_open(storefd, staging, NULL);
	_auto_names_ struct fs_names names = { 0 };
	char part[PACKED_NAME], note[PACKED_NAME], end[16];

	if (fd < 0 || fs_list(fd, &names, NULL) < 0)
		return;
	fs_remove(fd, MANIFEST, NULL);
	fs_remove(fd, packed_note(rank, note), NULL);
	fs_remove(fd, packed_part(rank, part), NULL);
	snprintf(end, sizeof(end), ".%u", rank);
	for (size_t i = 0; i < names.n; i++)
		if (packed_is_parent(names.name[i]) &&
		    !strcmp(strrchr(names.name[i], '.'), end))
			fs_remove(fd, names.name[i], NULL);
}

int packed_forget(const struct run *r, unsigned n, unsigned rank,
		  struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	struct belay_error why;
	_auto_close_ int storefd = store_open(r, false, &why);

	if (storefd < 0 && why.code == BELAY_ENOENT)
		return 0;
	if (storefd < 0 || fs_list_all(storefd, &names, &why) < 0)
		return err_set(err, why.code, "%s", why.text);
	for (size_t i = 0; i < names.n; i++)
		if (is_shared_of(names.name[i], n))
			forget_in(storefd, names.name[i], rank);
	return 0;
}
