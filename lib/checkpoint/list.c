/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.c - which checkpoints are there, and which of them count
 *
 * One of attempt k counts if no later attempt began, or if the first one that
 * did has seen it: what a fenced attempt still published is late.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "checkpoint/manifest.h"
#include "checkpoint/store.h"
#include "fs/fs.h"

void checkpoint_list_free(struct checkpoint_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		checkpoint_fini(&list->c[i]);
	free(list->c);
	*list = (struct checkpoint_list){ 0 };
}

static bool is_late(const struct run *r, const struct checkpoint *c)
{
	const struct begin *cut = run_cut_of(r, c->attempt);

	for (unsigned i = 0; cut && i < cut->n_checkpoints; i++)
		if (cut->checkpoints[i] == c->id)
			return false;
	return cut != NULL;
}

static void set_damaged(struct checkpoint *c, const char *why)
{
	c->damaged = true;
	snprintf(c->reason, sizeof(c->reason), "%.255s", why);
}

/* One that is whole may have strayed here from another place. */
static int check_place(const struct run *r, uint64_t id,
		       const struct checkpoint *c, struct belay_error *err)
{
	if (!c->ranks && c->id != id)
		return err_set(err, BELAY_ECORRUPT, MANIFEST " is of "
			       "checkpoint %llu", (unsigned long long)c->id);
	if (c->submission[0] && strcmp(c->submission, r->submission))
		return err_set(err, BELAY_ECORRUPT, MANIFEST " is of another "
			       "run");
	return 0;
}

/* 1 read, 0 it has been deleted meanwhile, -1 why it cannot be used. */
static int read_manifest(const struct run *r, int dirfd, uint64_t id,
			 struct checkpoint *c, struct belay_error *err)
{
	char name[CHECKPOINT_NAME];
	_auto_close_ int fd = fs_subdir_open(dirfd, store_name(id, name), err);
	_auto_buf_ struct buf text = { 0 };

	if (fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (fs_read(fd, MANIFEST, JSON_MAX_BYTES, &text, err) < 0) {
		if (err->code == BELAY_ENOENT)
			err_set(err, BELAY_ECORRUPT, MANIFEST " is missing");
		return -1;
	}
	if (manifest_decode(buf_text(&text), text.len, c, err) < 0)
		return -1;
	if (check_place(r, id, c, err) == 0)
		return 1;
	checkpoint_fini(c);
	return -1;
}

static void load(const struct run *r, int dirfd, uint64_t id,
		 struct checkpoint_list *list)
{
	struct belay_error why;
	struct checkpoint *c = &list->c[list->n];
	int rc = read_manifest(r, dirfd, id, c, &why);

	if (rc == 0)
		return;
	list->n++;
	c->id = id;
	if (rc < 0) {
		set_damaged(c, why.text);
		c->unreadable = why.code != BELAY_ECORRUPT;
	} else {
		c->late = is_late(r, c);
	}
}

/* The reason that a mark gives. */
static void read_mark(int dirfd, const char *name, struct checkpoint *c)
{
	_auto_buf_ struct buf text = { 0 };
	_auto_json_ struct json *j = NULL;

	if (fs_read(dirfd, name, 65536, &text, NULL) == 0)
		j = json_parse_sealed(buf_text(&text), text.len, NULL);
	set_damaged(c, json_str(j, "reason", "marked as damaged"));
	c->unreadable = false;
}

static int by_id(const void *a, const void *b)
{
	const struct checkpoint *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int fill(const struct run *r, int dirfd, const struct fs_names *names,
		struct checkpoint_list *list, struct belay_error *err)
{
	struct checkpoint *c;
	uint64_t id;
	bool mark;

	list->c = calloc(names->n ? names->n : 1, sizeof(*list->c));
	if (!list->c)
		return err_nomem(err);
	for (size_t i = 0; i < names->n; i++)
		if (store_parse(names->name[i], &id, &mark) && !mark)
			load(r, dirfd, id, list);
	qsort(list->c, list->n, sizeof(*list->c), by_id);
	for (size_t i = 0; i < names->n; i++) {
		if (!store_parse(names->name[i], &id, &mark) || !mark)
			continue;
		c = checkpoint_find(list, id);
		if (c)
			read_mark(dirfd, names->name[i], c);
	}
	return 0;
}

int checkpoint_list(struct run *r, struct checkpoint_list *list,
		    struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	_auto_close_ int dirfd = -1;
	struct belay_error why;

	*list = (struct checkpoint_list){ 0 };
	dirfd = store_open(r, false, &why);
	if (dirfd < 0 && why.code == BELAY_ENOENT)
		return 0;
	if (dirfd < 0)
		return err_set(err, why.code, "%s", why.text);
	if (fs_list(dirfd, &names, err) < 0)
		return -1;
	return fill(r, dirfd, &names, list, err);
}

struct checkpoint *checkpoint_newest_good(const struct checkpoint_list *list)
{
	for (unsigned i = list->n; i-- > 0;)
		if (!list->c[i].late && !list->c[i].damaged)
			return &list->c[i];
	return NULL;
}

struct checkpoint *checkpoint_find(const struct checkpoint_list *list,
				   uint64_t id)
{
	struct checkpoint key = { .id = id };

	return list->n ? bsearch(&key, list->c, list->n, sizeof(key), by_id)
		       : NULL;
}

char *checkpoint_path(const struct run *r, uint64_t id)
{
	char name[CHECKPOINT_NAME], *path = NULL;

	if (asprintf(&path, "%s/checkpoints/%s", r->dir,
		     store_name(id, name)) < 0)
		return NULL;
	return path;
}
