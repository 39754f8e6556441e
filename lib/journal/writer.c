/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.c - records wait in a batch, become durable together, and only then
 *            may be acknowledged
 *
 * The order of a commit is the point:
 *
 *	write	the batch, durable on return
 *	look	for a newer attempt: it may have read us before the write
 *	forget	the batch, which allows the caller to acknowledge
 *
 * If the first or the second fails the batch is kept, and goes to another
 * segment with the same sequence numbers, for what is on the disk is not known.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "journal/writer.h"

#define BATCH_MAX (4u << 20)	/* so that it always fits in a segment */

static const struct { size_t first, most; } sizes[] = {
	[JOURNAL_SMALL] = { 0, 0 },
	[JOURNAL_LARGE] = { 256u << 10, JOURNAL_SEGMENT_MAX },
};

static bool reserve(struct journal_writer *w, size_t more)
{
	size_t needed = JOURNAL_HEADER + journal_block_up(w->len + more);
	size_t cap = w->cap ? w->cap : 4 * FS_BLOCK;
	void *grown;

	if (needed <= w->cap)
		return true;
	while (cap < needed)
		cap *= 2;
	if (posix_memalign(&grown, FS_BLOCK, cap) != 0)
		return false;
	if (w->bytes)
		memcpy(grown, w->bytes, JOURNAL_HEADER + w->len);
	free(w->bytes);
	w->bytes = grown;
	w->cap = cap;
	return true;
}

struct journal_writer *journal_writer_new(struct run *r, unsigned attempt,
					  const char *name,
					  struct belay_error *err)
{
	struct journal_writer *w = calloc(1, sizeof(*w));

	if (!w || !reserve(w, JOURNAL_BATCH)) {
		free(w);
		err_nomem(err);
		return NULL;
	}
	w->run = r;
	w->attempt = attempt;
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->dirfd = w->fd = -1;
	w->len = JOURNAL_BATCH;
	w->next = 1;
	return w;
}

/* A host name may hold what a writer's may not. */
static void make_name(char *text)
{
	for (; *text; text++)
		if (!text_is_name((char[]){ 'x', *text, '\0' }))
			*text = '_';
}

struct journal_writer *journal_open(struct run *r, unsigned n, const char *kind,
				    enum journal_size size,
				    struct belay_error *err)
{
	char name[RUN_NAME_SIZE - 1], host[65] = "", hex[9];
	struct journal_writer *w;
	uint8_t random[4];

	gethostname(host, sizeof(host) - 1);
	make_name(host);
	if (text_random(random, sizeof(random)) < 0) {
		err_sys(err, "cannot name a journal");
		return NULL;
	}
	text_hex(random, sizeof(random), hex);
	if (text_format(name, sizeof(name), "%s-%s-%s", kind, host, hex) < 0 ||
	    !text_is_name(name)) {
		err_set(err, BELAY_EINVAL, "not a kind of journal: '%s'", kind);
		return NULL;
	}
	w = journal_writer_new(r, n, name, err);
	if (w) {
		w->first_size = sizes[size].first;
		w->most_size = sizes[size].most;
	}
	return w;
}

uint64_t journal_add(struct journal_writer *w, uint16_t type,
		     const void *payload, size_t len, struct belay_error *err)
{
	size_t size = journal_frame_size(len);

	if (len > BATCH_MAX || w->len + size > BATCH_MAX) {
		err_set(err, BELAY_EBUSY, "too much is waiting to be recorded");
		return 0;
	}
	if (!reserve(w, size)) {
		err_nomem(err);
		return 0;
	}
	journal_frame_put(w->bytes + JOURNAL_HEADER + w->len, type, w->next,
			  clock_wall_us(), payload, len);
	w->len += size;
	w->records++;
	return w->next++;
}

size_t journal_pending(const struct journal_writer *w)
{
	return w->records;
}

static int write_pending(struct journal_writer *w, struct belay_error *err)
{
	bool fits = w->at + journal_block_up(w->len) <= w->room;

	if ((fits || journal_segment_next(w, err) == 0) &&
	    journal_segment_write(w, err) == 0)
		return 0;
	journal_segment_leave(w);
	w->failed = true;
	return err_prefix(err, "recording in '%s'", w->name);
}

static int look_for_newer(struct journal_writer *w, struct belay_error *err)
{
	struct belay_error why = { 0 };

	if (run_check_fence(w->run, w->attempt, &why) == 0)
		return 0;
	journal_segment_leave(w);
	w->fenced = why.code == BELAY_EFENCED;
	if (err)
		*err = why;
	return -1;
}

int journal_commit(struct journal_writer *w, struct belay_error *err)
{
	if (w->fenced)
		return err_set(err, BELAY_EFENCED,
			       "a newer attempt than %u has begun", w->attempt);
	/* Twice: what fails once in a while is not the caller's concern. */
	if (w->records && write_pending(w, err) < 0 &&
	    write_pending(w, err) < 0)
		return -1;
	if (look_for_newer(w, err) < 0)
		return -1;
	if (w->records)
		w->check = w->written;
	w->len = JOURNAL_BATCH;
	w->records = 0;
	return 0;
}

void journal_close(struct journal_writer *w)
{
	if (!w)
		return;
	journal_segment_leave(w);
	if (w->dirfd >= 0)
		close(w->dirfd);
	free(w->bytes);
	free(w);
}

const char *journal_name(const struct journal_writer *w)
{
	return w->name;
}
