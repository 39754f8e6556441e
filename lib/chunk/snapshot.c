/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - folded state on disk, so that a restart reads little
 *
 * A copy, never the truth: one that does not verify is passed over, and the
 * journals it stood for are read instead.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "chunk/fold.h"
#include "chunk/set.h"
#include "fs/fs.h"

#define MAGIC "BELAYS1\n"
#define FORMAT 1u
#define HEADER 56u
#define SNAPSHOT_MAX (1u << 30)

/* ---- to bytes ---- */

static void put_status(struct buf *out, const struct chunk_set *set)
{
	uint64_t bytes = (set->count + 1) / 2;
	uint8_t *p = buf_room(out, bytes);

	if (!p)
		return;
	/* one more than count is there, and it is zero */
	for (uint64_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(set->status[2 * i] |
				 set->status[2 * i + 1] << 4);
	out->len += bytes;
}

static void put_trouble(struct buf *out, const struct chunk_trouble *t)
{
	put_u64(out, t->chunk);
	put_u32(out, t->fails);
	put_u32(out, t->lost);
	put_str(out, t->node);
	put_str(out, t->lost_nodes);
	put_str(out, t->reason);
}

static void put_set(struct buf *out, const struct chunk_set *set)
{
	struct chunk_trouble **all = chunk_troubles_sorted(set);

	put_str(out, set->name);
	put_u64(out, set->count);
	buf_add(out, set->items, sizeof(set->items));
	buf_add(out, set->command, sizeof(set->command));
	put_status(out, set);
	put_u64(out, set->troubles->n);
	for (size_t i = 0; all && i < set->troubles->n; i++)
		put_trouble(out, all[i]);
	out->failed |= !all;
	free(all);
}

static void put_body(struct buf *out, const struct chunk_state *s)
{
	uint32_t n_sets = 0;

	put_u32(out, s->n_attempts);
	for (unsigned i = 0; i < s->n_attempts; i++)
		put_u64(out, s->done_by_attempt[i]);
	put_u64(out, (uint64_t)s->last_progress_us);
	put_u64(out, s->beats);
	put_u32(out, s->damaged);
	put_u32(out, s->late);
	for (const struct chunk_set *set = s->sets; set; set = set->next)
		n_sets++;
	put_u32(out, n_sets);
	for (const struct chunk_set *set = s->sets; set; set = set->next)
		put_set(out, set);
}

void chunk_snapshot_encode(const struct run *r, unsigned n,
			   const struct chunk_state *s, struct buf *out)
{
	uint8_t header[HEADER] = MAGIC, *p = header;
	size_t at = out->len;

	buf_add(out, header, HEADER);
	put_body(out, s);
	if (out->failed || text_unhex(r->submission, p + 16, 16) < 0) {
		out->failed = true;
		return;
	}
	set_u32(p + 8, FORMAT);
	set_u32(p + 12, n);
	set_u64(p + 32, out->len - at - HEADER);
	set_u64(p + 40, check64(out->data + at + HEADER,
				out->len - at - HEADER, 0));
	set_u64(p + 48, check64(header, 48, 0));
	memcpy(out->data + at, header, HEADER);
}

static int open_dir(struct run *r, bool make, struct belay_error *err)
{
	return make ? fs_subdir_make_first(r->dirfd, "snapshots", err)
		    : fs_subdir_open(r->dirfd, "snapshots", err);
}

int chunk_snapshot_write(struct run *r, unsigned n, const struct chunk_state *s,
			 struct belay_error *err)
{
	_auto_close_ int fd = -1;
	_auto_buf_ struct buf bytes = { 0 };
	uint64_t count[5], total;
	char name[32];

	chunk_totals(s, count, &total);
	if (count[CHUNK_RUNNING])
		return err_set(err, BELAY_EINVAL, "chunks are running; a "
			       "snapshot is of what is over");
	fd = open_dir(r, true, err);
	if (fd < 0)
		return -1;
	chunk_snapshot_encode(r, n, s, &bytes);
	if (bytes.failed)
		return err_nomem(err);
	snprintf(name, sizeof(name), "%06u.snap", n);
	return fs_publish_copy(fd, name, bytes.data, bytes.len, err) < 0 ? -1 : 0;
}

/* ---- from bytes ---- */

/* Half a byte each; what no chunk can be while no attempt runs is refused. */
static void get_status(struct cursor *in, struct chunk_set *set)
{
	uint64_t bytes = (set->count + 1) / 2, seen[256] = { 0 }, n[16] = { 0 };
	const uint8_t *p = get_bytes(in, bytes);

	for (uint64_t i = 0; p && i < bytes; i++) {
		set->status[2 * i] = p[i] & 15;
		set->status[2 * i + 1] = p[i] >> 4;
		seen[p[i]]++;
	}
	for (unsigned v = 0; v < 256; v++) {
		n[v & 15] += seen[v];
		n[v >> 4] += seen[v];
	}
	if (set->count % 2)
		n[set->status[set->count]]--;
	memcpy(set->n, n, sizeof(set->n));
	in->bad |= set->status[set->count] || n[CHUNK_RUNNING] ||
		   set->count != n[CHUNK_PENDING] + n[CHUNK_DONE] +
				 n[CHUNK_RETRYING] + n[CHUNK_QUARANTINED];
}

static int get_text(struct cursor *in, size_t size, const char **which)
{
	char text[CHUNK_LOST_NODES];

	get_str(in, text, size);
	return in->bad ? -1 : chunk_trouble_say(which, text);
}

static int get_trouble(struct cursor *in, struct chunk_set *set)
{
	uint64_t chunk = get_u64(in);
	struct chunk_trouble *t;

	if (in->bad || chunk >= set->count)
		return -1;
	t = chunk_trouble_make(set, chunk);
	if (!t)
		return -1;
	t->fails = get_u32(in);
	t->lost = get_u32(in);
	if (get_text(in, CHUNK_NODE, &t->node) < 0 ||
	    get_text(in, CHUNK_LOST_NODES, &t->lost_nodes) < 0 ||
	    get_text(in, CHUNK_REASON, &t->reason) < 0)
		return -1;
	return 0;
}

static int get_set(struct cursor *in, struct chunk_state *s)
{
	struct chunk_set *set;
	const void *items, *command;
	char name[sizeof(set->name)];
	uint64_t count, left;

	get_str(in, name, sizeof(name));
	count = get_u64(in);
	items = get_bytes(in, 16);
	command = get_bytes(in, 16);
	/* before memory is asked for: are the bytes there? */
	if (in->bad || count / 2 > (uint64_t)(in->end - in->at) ||
	    chunk_set_find(s, name))
		return -1;
	set = chunk_set_define(s, name, count, items, command, NULL);
	if (!set)
		return -1;
	get_status(in, set);
	for (left = get_u64(in); left && !in->bad; left--)
		if (get_trouble(in, set) < 0)
			return -1;
	return in->bad ? -1 : 0;
}

static int get_body(struct cursor *in, struct chunk_state *s)
{
	uint32_t n = get_u32(in);

	if (in->bad || n > (uint64_t)(in->end - in->at) / 8 ||
	    (n && chunk_state_attempt(s, n - 1) < 0))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		s->done_by_attempt[i] = get_u64(in);
	s->last_progress_us = (int64_t)get_u64(in);
	s->beats = get_u64(in);
	s->damaged = get_u32(in);
	s->late = get_u32(in);
	for (n = get_u32(in); n && !in->bad; n--)
		if (get_set(in, s) < 0)
			return -1;
	return in->bad || in->at != in->end ? -1 : 0;
}

/* The body, if what is before it verifies and is about this run. */
static bool open_body(const struct run *r, unsigned n, const void *bytes,
		      size_t len, struct cursor *body)
{
	struct cursor in = cursor_over(bytes, len);
	const void *magic = get_bytes(&in, 8), *submission;
	uint64_t size, check;
	uint8_t id[16];

	if (get_u32(&in) != FORMAT || get_u32(&in) != n)
		return false;
	submission = get_bytes(&in, 16);
	size = get_u64(&in);
	check = get_u64(&in);
	if (get_u64(&in) != check64(bytes, len < 48 ? len : 48, 0) || in.bad ||
	    memcmp(magic, MAGIC, 8) || size != len - HEADER ||
	    text_unhex(r->submission, id, sizeof(id)) < 0 ||
	    memcmp(submission, id, sizeof(id)))
		return false;
	*body = in;
	return check64(in.at, size, 0) == check;
}

struct chunk_state *chunk_snapshot_decode(const struct run *r, unsigned n,
					  const void *bytes, size_t len)
{
	struct chunk_state *s;
	struct cursor body;

	if (!open_body(r, n, bytes, len, &body))
		return NULL;
	s = chunk_state_new();
	if (s && get_body(&body, s) == 0)
		return s;
	chunk_state_free(s);
	return NULL;
}

/* Of which attempt, if it is one whose cut says what is in it; else 0. */
static unsigned attempt_of(const struct run *r, const char *name)
{
	char number[16];
	const char *dot = strchr(name, '.');
	const struct attempt *a;
	uint64_t n;

	if (!dot || strcmp(dot, ".snap") ||
	    text_format(number, sizeof(number), "%.*s", (int)(dot - name),
			name) < 0 ||
	    text_u64(number, UINT32_MAX, &n) < 0)
		return 0;
	a = run_attempt(r, (unsigned)n);
	return a && a->begin ? a->number : 0;
}

struct chunk_state *chunk_snapshot_load(struct run *r, unsigned *n)
{
	_auto_close_ int fd = open_dir(r, false, NULL);
	_auto_names_ struct fs_names names = { 0 };
	_auto_buf_ struct buf bytes = { 0 };
	struct chunk_state *s = NULL;

	if (fd < 0 || fs_list(fd, &names, NULL) < 0)
		return NULL;
	for (size_t i = names.n; i > 0 && !s; i--) {
		*n = attempt_of(r, names.name[i - 1]);
		if (*n && fs_read(fd, names.name[i - 1], SNAPSHOT_MAX, &bytes,
				  NULL) == 0)
			s = chunk_snapshot_decode(r, *n, bytes.data, bytes.len);
	}
	return s;
}
