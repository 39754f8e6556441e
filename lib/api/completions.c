/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completions.c - chunks that are done go to the journal, long results before
 *                 them to a file
 *
 * A record names bytes of a file, and a record that is there must find them: so
 * the file is durable before the record is given to the journal.  Where a write
 * or a sync has failed nobody knows what the file holds; it is left, and all
 * that was not acknowledged goes to the next one.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/chunks.h"
#include "base/cleanup.h"
#include "fs/fs.h"
#include "journal/journal.h"

static int results_dir(const struct belay *b, struct belay_error *err)
{
	_auto_close_ int fd = run_attempt_dir(b->run, b->attempt, err);

	return fd < 0 ? -1 : fs_subdir_make(fd, "results", err);
}

static int write_once(struct belay *b, int dirfd, struct belay_error *err)
{
	struct api_chunks *c = b->chunks;
	char name[RUN_NAME_SIZE + 32];

	if (!c->segment) {
		c->segment = 1;
		c->end = 0;
	}
	snprintf(name, sizeof(name), "%s.%04u.dat", journal_name(b->journal),
		 c->segment);
	if (fs_extend(dirfd, name, c->end, c->filed.data, c->filed.len,
		      err) == 0)
		return 0;
	c->segment++;
	c->end = 0;
	return -1;
}

static int write_filed(struct belay *b, struct belay_error *err)
{
	struct api_chunks *c = b->chunks;
	_auto_close_ int dirfd = -1;

	if (!c->filed.len || c->written)
		return 0;
	dirfd = results_dir(b, err);
	if (dirfd < 0)
		return -1;
	/* Twice: what fails once in a while is not the caller's concern. */
	if (write_once(b, dirfd, err) < 0 && write_once(b, dirfd, err) < 0)
		return err_prefix(err, "recording results");
	for (size_t i = 0; i < c->n_done; i++) {
		c->done[i].result.segment = c->segment;
		c->done[i].result.offset = c->end + c->done[i].at;
	}
	c->end += c->filed.len;
	c->written = true;
	return 0;
}

static int record(struct belay *b, const struct api_done *d,
		  struct belay_error *err)
{
	struct event e = {
		.type = EVENT_CHUNK_DONE, .set = d->set, .chunk = d->chunk,
		.try = d->try, .duration_us = d->duration_us,
		.result = d->result,
	};

	memcpy(e.node, b->info.node, sizeof(e.node));
	if (d->result.kind == RESULT_INLINE)
		e.result.bytes = b->chunks->inlined.data + d->at;
	return api_record(b, &e, err);
}

int api_completions_record(struct belay *b, struct belay_error *err)
{
	struct api_chunks *c = b->chunks;

	if (!c || !c->n_done)
		return 0;
	if (api_journal(b, err) < 0 || write_filed(b, err) < 0)
		return -1;
	for (; c->n_recorded < c->n_done; c->n_recorded++)
		if (record(b, &c->done[c->n_recorded], err) < 0)
			return -1;
	c->n_done = c->n_recorded = 0;
	buf_clear(&c->inlined);
	buf_clear(&c->filed);
	return 0;
}
