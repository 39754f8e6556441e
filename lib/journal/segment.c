/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c - the files of a writer, one after the other
 *
 * A batch goes behind what is there by one aligned write, the first one of a
 * segment together with the header.  What a segment says of itself is only
 * believed as far as it was acknowledged, so one that failed is left and never
 * touched again, and its number is not used twice.
 *
 * On NFS a process cannot exit while the server hangs if it has any file open
 * there, and Slurm drains its node; so there nothing is held between commits.
 */

#include <stdio.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/patient.h"
#include "base/text.h"
#include "journal/writer.h"

/* How large to make the next one: growing, but nothing in advance after a
 * failure, which may be a disk that is nearly full. */
static size_t size_wanted(const struct journal_writer *w, size_t needed)
{
	size_t size = w->first_size;

	if (w->failed || !size)
		return 0;
	for (unsigned i = 1; i < w->segment && size < w->most_size; i++)
		size *= 2;
	while (size < needed)
		size *= 2;
	return size;
}

static int open_dir(struct journal_writer *w, struct belay_error *err)
{
	bool local_only;

	if (w->dirfd >= 0)
		return 0;
	w->dirfd = run_journal_dir(w->run, w->attempt, true, err);
	if (w->dirfd < 0)
		return -1;
	w->hold = strcmp(fs_type(w->dirfd, &local_only), "nfs") != 0;
	return 0;
}

static int put_header(struct journal_writer *w, struct belay_error *err)
{
	struct journal_header h = {
		.attempt = w->attempt,
		.segment = w->segment,
		.first = w->next - w->records,
		.previous = w->check,
		.created_us = clock_wall_us(),
	};

	if (text_unhex(w->run->submission, h.submission,
		       sizeof(h.submission)) < 0)
		return err_set(err, BELAY_ECORRUPT,
			       "submission id is malformed: '%s'",
			       w->run->submission);
	memcpy(h.writer, w->name, sizeof(h.writer));
	w->identity = journal_header_encode(&h, w->bytes);
	return 0;
}

struct segment_name { char text[RUN_NAME_SIZE + 32]; };

static struct segment_name name_of(const struct journal_writer *w)
{
	struct segment_name name;

	snprintf(name.text, sizeof(name.text), "%s.%04u.log", w->name,
		 w->segment);
	return name;
}

/* NFS tells late errors here. */
static int let_go(struct journal_writer *w, struct belay_error *err)
{
	if (w->fd >= 0 && close_written(take_fd(&w->fd)) < 0)
		return err_sys(err, "cannot write a journal");
	return 0;
}

int journal_segment_next(struct journal_writer *w, struct belay_error *err)
{
	size_t needed = journal_block_up(w->len) + JOURNAL_HEADER, size;

	journal_segment_leave(w);
	w->segment++;
	size = size_wanted(w, needed);
	if (open_dir(w, err) < 0 || put_header(w, err) < 0)
		return -1;
	w->fd = fs_segment_create(w->dirfd, name_of(w).text, size, err);
	if (w->fd < 0)
		return -1;
	w->room = size ? size : JOURNAL_SEGMENT_MAX;
	return 0;
}

/* Fill in the batch frame and the checks, which depend on where it goes. */
static uint64_t seal(struct journal_writer *w)
{
	uint8_t *p = w->bytes + JOURNAL_HEADER, *end = p + w->len;
	uint8_t payload[JOURNAL_BATCH_PAYLOAD];
	uint64_t check = w->identity;
	size_t size = JOURNAL_BATCH;

	set_u64(payload, w->at ? w->check : w->identity);
	set_u32(payload + 8, (uint32_t)w->len);
	set_u32(payload + 12, w->records);
	journal_frame_put(p, JOURNAL_TYPE_BATCH, w->next - w->records,
			  clock_wall_us(), payload, sizeof(payload));
	for (; p < end; p += size) {
		size = journal_frame_size(load32(p + 8));
		check = journal_frame_seal(p, size, check);
	}
	memset(end, 0, journal_block_up(w->len) - w->len);
	return check;
}

int journal_segment_write(struct journal_writer *w, struct belay_error *err)
{
	size_t header = w->at ? 0 : JOURNAL_HEADER;
	size_t len = journal_block_up(w->len) + header;
	uint64_t check = seal(w);

	if (open_dir(w, err) < 0)
		return -1;
	if (w->fd < 0)
		w->fd = fs_segment_open(w->dirfd, name_of(w).text, err);
	if (w->fd < 0 ||
	    fs_segment_write(w->fd, w->at, w->bytes + JOURNAL_HEADER - header,
			     len, err) < 0)
		return -1;
	if (!w->hold && let_go(w, err) < 0)
		return -1;
	w->at += len;
	w->written = check;
	w->failed = false;
	return 0;
}

void journal_segment_leave(struct journal_writer *w)
{
	let_go(w, NULL);	/* all that counts has been looked at */
	w->at = w->room = 0;
}
