/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - begin a checkpoint, put arrays into it, commit it */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/array.h"
#include "api/saves.h"
#include "base/cleanup.h"
#include "base/clock.h"

struct belay_checkpoint {
	struct belay *b;
	struct packed_writer *w;
	bool async, failed;
	int64_t spent_ns;	/* that the caller waited for it */
};

/* ---- what all of them share ---- */

struct api_saves *api_saves(struct belay *b, struct belay_error *err)
{
	if (!b->saves) {
		b->saves = calloc(1, sizeof(*b->saves));
		if (!b->saves) {
			err_nomem(err);
			return NULL;
		}
		b->saves->since_ns = b->opened_ns;
	}
	return b->saves;
}

static void free_protected(struct api_protected *p)
{
	while (p) {
		struct api_protected *next = p->next;

		free((void *)(uintptr_t)p->array.name);
		free((void *)(uintptr_t)p->array.shape);
		free(p);
		p = next;
	}
}

void api_saves_free(struct api_saves *s)
{
	if (!s)
		return;
	free_protected(s->protected);
	while (s->recovery) {
		struct api_recovery *next = s->recovery->next;

		free(s->recovery);
		s->recovery = next;
	}
	free(s);
}

/* What one keeps the caller: the newest counts for half. */
void api_saved(struct belay *b, int rc, const struct packed_done *done,
	       int64_t spent_us)
{
	struct api_saves *s = b->saves;

	s->last_rc = rc;
	s->last_id = rc == 1 ? done->id : 0;
	s->stat.write_us += (uint64_t)spent_us;
	if (rc < 0)
		return;
	s->stat.bytes += done->bytes;
	s->stat.stored += done->stored;
}

static void note_cost(struct api_saves *s, int64_t spent_ns)
{
	double cost_s = (double)spent_ns / 1e9;

	s->stat.wait_us += (uint64_t)(spent_ns / 1000);
	s->cost_s = s->cost_s > 0 ? (s->cost_s + cost_s) / 2 : cost_s;
}

/* ---- begin ---- */

static int take_options(const struct belay_checkpoint_options *given,
			struct belay_checkpoint_options *o,
			struct belay_error *err)
{
	static const struct belay_checkpoint_options defaults =
		BELAY_CHECKPOINT_OPTIONS_INIT;

	*o = defaults;
	if (!given)
		return 0;
	if (given->size < sizeof(size_t))
		return err_set(err, BELAY_EINVAL, "options: begin with "
			       "BELAY_CHECKPOINT_OPTIONS_INIT");
	memcpy(o, given, given->size < sizeof(*o) ? given->size : sizeof(*o));
	return 0;
}

static struct packed_writer *open_writer(struct belay *b,
		const struct belay_checkpoint_options *o,
		struct belay_error *err)
{
	struct api_saves *s = b->saves;
	struct packed_options p = {
		.rank = b->options.rank, .ranks = b->options.ranks,
		.step = o->step ? o->step : s->step + 1, .label = o->label,
		.chunks_done = b->info.chunks_done + b->n_done,
		.progress = { b->progress.iteration, b->progress.current_time,
			      b->progress.error_estimate },
		.threads = b->options.threads,
		.memory_max = b->options.memory_max,
		.async = o->async, .settings = b->settings,
	};

	s->step = p.step;
	return packed_begin(b->run, b->attempt, &p, err);
}

struct belay_checkpoint *belay_checkpoint_begin(struct belay *b,
		const struct belay_checkpoint_options *options,
		struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	_auto_free_ struct belay_checkpoint *c = calloc(1, sizeof(*c));
	struct belay_checkpoint_options o;
	int64_t began = clock_mono_ns();

	if (!mine || take_options(options, &o, err) < 0 || !api_saves(b, err))
		return NULL;
	if (!c) {
		err_nomem(err);
		return NULL;
	}
	api_background_join(b);
	api_due_answer(b);
	*c = (struct belay_checkpoint){ .b = b, .async = o.async };
	c->w = open_writer(b, &o, err);
	if (!c->w)
		return NULL;
	c->spent_ns = clock_mono_ns() - began;
	return take_ptr(&c);
}

/* ---- put ---- */

static int may_put(const struct belay_checkpoint *c, struct belay_error *err)
{
	if (!c)
		return err_set(err, BELAY_EINVAL, "no checkpoint was begun");
	if (c->failed)
		return err_set(err, BELAY_EINVAL, "a put has failed before; "
			       "this checkpoint can only be abandoned");
	return 0;
}

static int account(struct belay_checkpoint *c, int rc, int64_t began)
{
	c->failed = rc < 0;
	c->spent_ns += clock_mono_ns() - began;
	return rc;
}

static int put(struct belay_checkpoint *c, const struct belay_array *a,
	       struct belay_error *err)
{
	if (api_need(a, "an array", err) < 0 ||
	    api_check_array(a, false, err) < 0)
		return -1;
	return packed_put(c->w, a, err);
}

int belay_checkpoint_put(struct belay_checkpoint *c,
			 const struct belay_array *a, struct belay_error *err)
{
	int64_t began = clock_mono_ns();

	if (may_put(c, err) < 0)
		return -1;
	return account(c, put(c, a, err), began);
}

int belay_checkpoint_put_bytes(struct belay_checkpoint *c, const char *name,
			       const void *data, uint64_t bytes,
			       struct belay_error *err)
{
	struct belay_array a = { .name = name, .type = BELAY_BYTES, .dims = 1,
				 .shape = &bytes,
				 .data = (void *)(uintptr_t)data };

	return belay_checkpoint_put(c, &a, err);
}

int belay_checkpoint_put_file(struct belay_checkpoint *c, const char *name,
			      const char *path, struct belay_error *err)
{
	_auto_close_ int fd = -1;
	int64_t began = clock_mono_ns();
	struct stat st;

	if (may_put(c, err) < 0 || api_need(path, "a path", err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, BELAY_EINVAL, "not a file: '%s'", path);
	return account(c, packed_put_fd(c->w, name, fd, err), began);
}

/* ---- end ---- */

static int commit_here(struct belay_checkpoint *c, uint64_t *id,
		       struct belay_error *err)
{
	struct packed_done done = { 0 };
	int64_t began = clock_mono_ns(), spent;
	int rc = packed_commit(c->w, &done, err);

	spent = clock_mono_ns() - began;
	api_enter(c->b, NULL);
	api_saved(c->b, rc, &done, spent / 1000);
	note_cost(c->b->saves, c->spent_ns + spent);
	api_leave(c->b);
	if (rc == 1 && id)
		*id = done.id;
	return rc;
}

static int commit_in_background(struct belay_checkpoint *c)
{
	struct belay *b = api_enter(c->b, NULL);
	int rc;

	api_background_join(b);
	rc = api_background_start(b, c->w);
	if (rc == 0)
		note_cost(b->saves, c->spent_ns);
	api_leave(b);
	return rc;
}

int belay_checkpoint_commit(struct belay_checkpoint *c, uint64_t *id,
			    struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(c ? c->b : NULL, err);
	int rc;

	if (!mine || may_put(c, err) < 0) {
		belay_checkpoint_abandon(c);
		return -1;
	}
	api_leave(take_ptr(&mine));
	rc = c->async ? commit_in_background(c) : -1;
	if (rc < 0)
		rc = commit_here(c, id, err);
	free(c);
	return rc;
}

void belay_checkpoint_abandon(struct belay_checkpoint *c)
{
	if (!c)
		return;
	packed_abandon(c->w);
	free(c);
}
