/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - what checkpoints there are, and what is in one */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/saves.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "fs/tree.h"

#define STEP (4u << 20)

struct belay_restore {
	struct belay *b;
	struct checkpoint_list list;	/* holds c */
	struct checkpoint *c;
	struct packed_reader *reader;
	struct belay_checkpoint_info info;
};

/* ---- list ---- */

static struct belay_checkpoint_info inform(const struct checkpoint *c)
{
	struct belay_checkpoint_info i = {
		.id = c->id, .attempt = c->attempt, .ranks = c->ranks,
		.created_us = c->created_us, .bytes = c->bytes,
		.stored = c->ranks ? c->stored : c->bytes,
		.good = !c->late && !c->damaged,
		.progress = {
			.iteration = c->progress.iteration,
			.current_time = c->progress.current_time,
			.error_estimate = c->progress.error_estimate,
			.chunks_completed = c->chunks_done,
		},
	};

	memcpy(i.label, c->label, sizeof(i.label));
	return i;
}

static int list_anew(struct belay *b, struct checkpoint_list *list,
		     struct belay_error *err)
{
	return run_reload(b->run, err) < 0 ? -1 :
	       checkpoint_list(b->run, list, err);
}

int64_t belay_checkpoint_list(struct belay *b,
			      struct belay_checkpoint_info **out,
			      struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct belay_checkpoint_info *infos;
	struct checkpoint_list list;
	int64_t n;

	if (!mine || api_need(out, "a place for the list", err) < 0 ||
	    list_anew(b, &list, err) < 0)
		return -1;
	n = list.n;
	infos = calloc(list.n + 1, sizeof(*infos));
	for (unsigned i = 0; infos && i < list.n; i++)
		infos[i] = inform(&list.c[i]);
	checkpoint_list_free(&list);
	if (!infos)
		return err_nomem(err);
	*out = infos;
	return n;
}

/* ---- open ---- */

static bool is_bad(const struct api_saves *s, uint64_t id)
{
	for (unsigned i = 0; i < s->n_bad; i++)
		if (s->bad[i] == id)
			return true;
	return false;
}

/* The mark goes with the checkpoint, the record stays.  It is durable with the
 * next one: the mark is what keeps others away. */
static void condemn(struct belay *b, const struct checkpoint *c,
		    const char *why)
{
	struct event e = { .type = EVENT_CHECKPOINT, .kind = CHECKPOINT_DAMAGED,
			   .id = c->id, .bytes = c->bytes };

	checkpoint_mark_damaged(b->run, c->id, why, NULL);
	api_say(e.text, why);
	api_record(b, &e, NULL);
}

/* What a disk cannot read now gets no mark, and is passed over all the same. */
static void pass_over(struct belay *b, const struct checkpoint *c,
		      const struct belay_error *why)
{
	struct api_saves *s = b->saves;

	s->stat.damaged++;
	if (s->n_bad < sizeof(s->bad) / sizeof(s->bad[0]))
		s->bad[s->n_bad++] = c->id;
	if (checkpoint_is_damage(why))
		condemn(b, c, why->text);
}

/* What lies between the one that begin has offered and this attempt's own, begin
 * has stepped over. */
static bool may_be_taken(const struct belay *b, const struct checkpoint *c)
{
	uint64_t offered = b->info.checkpoint;

	return c->ranks && !c->late && !c->damaged &&
	       !is_bad(b->saves, c->id) &&
	       (!offered || c->id <= offered || c->attempt == b->attempt);
}

static int nothing_there(const struct belay_restore *r,
			 struct belay_error *err)
{
	if (checkpoint_newest_good(&r->list))
		return err_set(err, BELAY_ENOENT, "run '%s' has no good "
			       "checkpoint that a program has packed",
			       r->b->run->name);
	return err_set(err, BELAY_ENOENT, "run '%s' has no good checkpoint",
		       r->b->run->name);
}

/* A damaged one is marked, and the one before is looked at. */
static int find_newest(struct belay_restore *r, struct belay_error *err)
{
	struct belay_error why;

	for (unsigned i = r->list.n; i-- > 0;) {
		struct checkpoint *c = &r->list.c[i];

		if (!may_be_taken(r->b, c))
			continue;
		if (checkpoint_check(r->b->run, c, false, &why) == 0) {
			r->c = c;
			return 0;
		}
		pass_over(r->b, c, &why);
	}
	return nothing_there(r, err);
}

static int find_id(struct belay_restore *r, uint64_t id,
		   struct belay_error *err)
{
	r->c = checkpoint_find(&r->list, id);
	if (!r->c)
		return err_set(err, BELAY_ENOENT, "run '%s' has no checkpoint "
			       "%llu", r->b->run->name,
			       (unsigned long long)id);
	if (!r->c->ranks && !r->c->damaged)
		return err_set(err, BELAY_ENOENT, "checkpoint %llu holds "
			       "files; 'belay checkpoint restore' puts them "
			       "back", (unsigned long long)id);
	return checkpoint_check(r->b->run, r->c, false, err);
}

static int open_restore(struct belay_restore *r, uint64_t id,
			struct belay_error *err)
{
	if (!api_saves(r->b, err) || list_anew(r->b, &r->list, err) < 0 ||
	    (id ? find_id(r, id, err) : find_newest(r, err)) < 0)
		return -1;
	r->info = inform(r->c);
	r->reader = packed_open(r->b->run, r->c, err);
	return r->reader ? 0 : -1;
}

struct belay_restore *belay_restore_open(struct belay *b, uint64_t id,
					 struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct belay_restore *r = mine ? calloc(1, sizeof(*r)) : NULL;

	if (mine && !r)
		err_nomem(err);
	if (!r)
		return NULL;
	r->b = b;
	if (open_restore(r, id, err) == 0)
		return r;
	belay_restore_close(r);
	return NULL;
}

void belay_restore_close(struct belay_restore *r)
{
	if (!r)
		return;
	packed_close(r->reader);
	checkpoint_list_free(&r->list);
	free(r);
}

const struct belay_checkpoint_info *
belay_restore_info(const struct belay_restore *r)
{
	return r ? &r->info : NULL;
}

/* ---- entries ---- */

size_t belay_restore_count(const struct belay_restore *r)
{
	int64_t n = r ? packed_count(r->reader, NULL) : 0;

	return n < 0 ? 0 : (size_t)n;
}

const struct belay_entry *belay_restore_entry(const struct belay_restore *r,
					      size_t i)
{
	return r ? packed_entry(r->reader, i) : NULL;
}

const struct belay_entry *belay_restore_find(const struct belay_restore *r,
					     unsigned rank, const char *name)
{
	return r && name ? packed_find(r->reader, rank, name, NULL) : NULL;
}

/* ---- bytes ---- */

void api_note_restored(struct belay *b, uint64_t id)
{
	struct event e = { .type = EVENT_RESTORED, .id = id };

	b->saves->stat.restores++;
	if (b->saves->restored == id)
		return;
	b->saves->restored = id;
	if (api_record(b, &e, NULL) == 0)
		api_commit(b, NULL);
}

static void take_note(struct belay_restore *r, int rc, bool whole,
		      const struct belay_error *why)
{
	struct belay *mine = api_enter(r->b, NULL);

	if (!mine)
		return;
	if (rc < 0 && why->code == BELAY_ECORRUPT)
		pass_over(r->b, r->c, why);
	else if (rc == 0 && whole)
		api_note_restored(r->b, r->c->id);
	api_leave(mine);
}

int belay_restore_read(struct belay_restore *r, const struct belay_entry *e,
		       uint64_t offset, void *data, uint64_t bytes,
		       struct belay_error *err)
{
	struct belay_error why = { 0 };
	int rc;

	if (!r || !e)
		return err_set(err, BELAY_EINVAL, "no entry is given");
	if (r->b->pid != getpid())
		return err_set(err, BELAY_EINVAL, "another process opened it");
	if (offset > e->bytes || bytes > e->bytes - offset)
		return err_set(err, BELAY_EINVAL, "'%s' has only %llu bytes",
			       e->name, (unsigned long long)e->bytes);
	if (bytes && api_need(data, "a place for the bytes", err) < 0)
		return -1;
	rc = packed_read(r->reader, e, offset, data, bytes,
			 r->b->options.threads, &why);
	take_note(r, rc, offset + bytes == e->bytes, &why);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

static int copy_entry(struct belay_restore *r, const struct belay_entry *e,
		      int fd, struct belay_error *err)
{
	_auto_free_ char *room = malloc(STEP);
	uint64_t at = 0;

	if (!room)
		return err_nomem(err);
	do {
		uint64_t n = e->bytes - at < STEP ? e->bytes - at : STEP;

		if (belay_restore_read(r, e, at, room, n, err) < 0 ||
		    fs_append(fd, room, n, e->name, err) < 0)
			return -1;
		fs_write_soon(fd);
		at += n;
	} while (at < e->bytes);
	return 0;
}

/* The directory of path, open, and its last component. */
static int open_parent(const char *path, const char **base,
		       struct belay_error *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	int fd;

	*base = slash ? slash + 1 : path;
	if (text_format(dir, sizeof(dir), "%.*s",
			slash ? (int)(slash - path) : 1,
			slash ? path : ".") < 0)
		return err_set(err, BELAY_EINVAL, "path is too long: '%s'",
			       path);
	fd = open(slash == path ? "/" : dir,
		  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "cannot open '%s'", dir) : fd;
}

int belay_restore_file(struct belay_restore *r, const struct belay_entry *e,
		       const char *path, struct belay_error *err)
{
	char tmp[64], hex[17];
	uint64_t random;
	const char *base;
	_auto_close_ int dir = -1, fd = -1;
	int rc;

	if (!r || !e)
		return err_set(err, BELAY_EINVAL, "no entry is given");
	if (api_need(path, "a path", err) < 0)
		return -1;
	if (text_random(&random, sizeof(random)) < 0)
		return err_sys(err, "cannot name a temporary file");
	text_hex(&random, sizeof(random), hex);
	snprintf(tmp, sizeof(tmp), ".belay-%s", hex);
	dir = open_parent(path, &base, err);
	fd = dir < 0 ? -1 : fs_tree_create(dir, tmp, err);
	if (fd < 0)
		return -1;
	rc = copy_entry(r, e, fd, err);
	if (rc == 0)
		rc = fs_finish(&fd, path, err);
	if (rc == 0)
		rc = fs_tree_rename(dir, tmp, base, err);
	if (rc < 0)
		fs_tree_undo(dir, tmp);
	return rc;
}
