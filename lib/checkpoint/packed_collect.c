/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_collect.c - make a checkpoint of the parts, when all are there
 *
 * Each rank comes here behind its own announcement, so the last one to come sees
 * all of them; of several that do so, one MANIFEST stands and one rename
 * succeeds.  Who finds the staging directory gone looks for what it became.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "checkpoint/manifest.h"
#include "checkpoint/packed_writer.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

int packed_announce(struct packed_writer *w, struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	char name[PACKED_NAME];
	int rc;

	part_encode(&w->c, w->rank, &w->sum, &text);
	if (text.failed)
		return err_nomem(err);
	rc = fs_publish(w->fd, packed_note(w->rank, name), text.data, text.len,
			err);
	if (rc < 0)
		return store_spoil(w->fd);
	if (rc == 0)
		return err_set(err, BELAY_EBUSY, "another process writes as "
			       "rank %u", w->rank);
	w->announced = true;
	return 0;
}

/* ---- are all there? ---- */

/* 1, 0: it is not announced, -1. */
static int read_part(struct packed_writer *w, unsigned rank,
		     struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	struct belay_error why;
	char name[PACKED_NAME];

	if (fs_read(w->fd, packed_note(rank, name), 65536, &text, &why) < 0) {
		if (why.code == BELAY_ENOENT)
			return 0;
		return err_set(err, why.code, "%s", why.text);
	}
	if (part_decode(buf_text(&text), text.len, &w->c, rank, err) < 0)
		return err_prefix(err, "%s", name);
	return 1;
}

static int all_announced(const struct packed_writer *w, struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	char name[PACKED_NAME];

	if (fs_list(w->fd, &names, err) < 0)
		return -1;
	for (unsigned i = 0; i < w->c.ranks; i++)
		if (!fs_names_has(&names, packed_note(i, name)))
			return 0;
	return 1;
}

static int gather(struct packed_writer *w, struct belay_error *err)
{
	struct checkpoint *c = &w->c;
	int rc = 1;

	c->parts = calloc(c->ranks, sizeof(*c->parts));
	if (!c->parts)
		return err_nomem(err);
	if (c->ranks == 1)
		c->parts[0] = w->sum;
	else
		rc = all_announced(w, err);
	for (unsigned i = 0; rc == 1 && c->ranks > 1 && i < c->ranks; i++)
		rc = read_part(w, i, err);
	for (unsigned i = 0; i < c->ranks; i++) {
		c->bytes += c->parts[i].bytes;
		c->stored += c->parts[i].stored;
	}
	return rc;
}

/* ---- publish ---- */

/* Does the MANIFEST that stands speak of the same parts? */
static int check_manifest(const struct packed_writer *w,
			  struct belay_error *err)
{
	_auto_checkpoint_ struct checkpoint c = { 0 };
	_auto_buf_ struct buf text = { 0 };
	bool same;

	if (fs_read(w->fd, MANIFEST, JSON_MAX_BYTES, &text, err) < 0 ||
	    manifest_decode(buf_text(&text), text.len, &c, err) < 0)
		return -1;
	same = c.ranks == w->c.ranks;
	for (unsigned i = 0; same && i < c.ranks; i++)
		same = !memcmp(&c.parts[i].index, &w->c.parts[i].index,
			       sizeof(c.parts[i].index));
	return same ? 0 : err_set(err, BELAY_EFAILED, MANIFEST " is of other "
				  "parts; was this step written before?");
}

static int write_manifest(struct packed_writer *w, struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	int rc;

	if (manifest_encode(&w->c, &text, err) < 0)
		return -1;
	rc = fs_publish(w->fd, MANIFEST, text.data, text.len, err);
	if (rc == 0)
		rc = check_manifest(w, err);
	return rc < 0 ? store_spoil(w->fd) : 0;
}

int packed_published(struct run *r, unsigned n, uint64_t step, unsigned ranks,
		     uint64_t *id, struct belay_error *err)
{
	struct checkpoint_list list;
	bool found = false;

	if (checkpoint_list(r, &list, err) < 0)
		return -1;
	for (unsigned i = list.n; i-- > 0 && !found;) {
		const struct checkpoint *c = &list.c[i];

		found = c->ranks == ranks && c->attempt == n &&
			c->step == step;
		if (found)
			*id = c->id;
	}
	checkpoint_list_free(&list);
	return found;
}

/* Another rank was faster. */
static int find_published(struct packed_writer *w, uint64_t *id,
			  struct belay_error *err)
{
	int rc = packed_published(w->run, w->c.attempt, w->c.step, w->c.ranks,
				  id, err);

	if (rc)
		return rc;
	return err_set(err, BELAY_EFAILED, "'%s' is gone; was it removed?",
		       w->staging);
}

static int give_number(struct packed_writer *w, uint64_t *id,
		       struct belay_error *err)
{
	char name[CHECKPOINT_NAME];
	struct belay_error why;
	uint64_t next = 0;
	int rc = 0;

	for (int tries = 0; rc == 0 && tries < STORE_NUMBERS_TRIED; tries++) {
		if (store_next_id(w->run, w->storefd, &next, err) < 0)
			return -1;
		rc = fs_publish_dir(w->storefd, w->staging, w->storefd,
				    store_name(next, name), &why);
	}
	if (rc == 0)
		return err_set(err, BELAY_EBUSY, "every number is taken");
	if (rc > 0) {
		*id = next;
		return 1;
	}
	if (w->c.ranks > 1 && why.sys == ENOENT)
		return find_published(w, id, err);
	if (err)
		*err = why;
	return -1;
}

/* Steps are greater each time, so what lies before this one, in which all ranks
 * were, nobody will complete. */
static void sweep(const struct packed_writer *w)
{
	_auto_names_ struct fs_names names = { 0 };
	unsigned attempt, ranks;
	unsigned long long step;

	if (w->c.ranks == 1 || fs_list_all(w->storefd, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (sscanf(names.name[i], ".staging-%9u-step%20llu-%9u",
			   &attempt, &step, &ranks) == 3 &&
		    attempt == w->c.attempt && ranks == w->c.ranks &&
		    step < w->c.step)
			fs_remove(w->storefd, names.name[i], NULL);
}

int packed_collect(struct packed_writer *w, uint64_t *id,
		   struct belay_error *err)
{
	int rc = gather(w, err);

	if (rc != 1)
		return rc;
	if (write_manifest(w, err) < 0 ||
	    store_check_unspoilt(w->fd, w->staging, err) < 0 ||
	    run_check_fence(w->run, w->c.attempt, err) < 0 ||
	    give_number(w, id, err) < 0 ||
	    run_check_fence(w->run, w->c.attempt, err) < 0)
		return -1;
	sweep(w);
	return 1;
}
