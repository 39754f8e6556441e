/* SPDX-License-Identifier: Apache-2.0 */
/*
 * continue.c - go on with a journal that an earlier process of this node wrote
 *
 * Only the last segment is read: its header tells what came before it.  If its
 * end is clean the next batch goes behind it; else it is left as it is, and
 * another segment follows.
 */

#include "base/error.h"
#include "journal/files.h"
#include "journal/writer.h"

/* Read again by every process that continues, so they stay small. */
#define FIRST_SIZE (128u << 10)
#define MOST_SIZE (1u << 20)

/* Take over what was read of one segment.  1: it says where to go on, 0: it
 * holds nothing. */
static int take_over(struct journal_writer *w, const struct journal_file *f,
		     const struct buf *bytes, const struct journal_end *end)
{
	struct journal_header h;

	if (!journal_header_decode(bytes->data, bytes->len, &h, NULL) ||
	    journal_file_misplaced(w->run, f, &h) || !end->length)
		return 0;
	w->next = end->records ? end->seq + 1 : h.first;
	w->check = end->records ? end->check : h.previous;
	if (f->segment < w->segment || end->state != JOURNAL_CLEAN ||
	    !end->records)
		return 1;
	w->identity = load64((uint8_t *)bytes->data + JOURNAL_HEADER - 8);
	w->at = end->length;
	w->room = bytes->len;
	return 1;
}

static int continue_from(struct journal_writer *w,
			 const struct journal_files *files,
			 const struct journal_file *f, record_fn seen,
			 void *arg, struct belay_error *err)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct journal_end end;
	int rc = journal_file_read(files, f, &bytes, &end, err);

	if (rc <= 0)
		return rc;
	rc = journal_decode(bytes.data, bytes.len, UINT64_MAX, w->attempt,
			    w->name, seen, arg, &end);
	return rc ? rc : take_over(w, f, &bytes, &end);
}

static int find_end(struct journal_writer *w, record_fn seen, void *arg,
		    struct belay_error *err)
{
	_auto_files_ struct journal_files files = { .dirfd = -1 };
	int rc = journal_files_list(&files, w->run, w->attempt, err);

	for (size_t i = files.n; i > 0 && rc == 0; i--) {
		const struct journal_file *f = &files.file[i - 1];

		if (strcmp(f->writer, w->name))
			continue;
		if (!w->segment)
			w->segment = f->segment;
		rc = continue_from(w, &files, f, seen, arg, err);
	}
	return rc < 0 ? -1 : 0;
}

struct journal_writer *journal_continue(struct run *r, unsigned n,
					const char *writer, record_fn seen,
					void *arg, struct belay_error *err)
{
	struct journal_writer *w = journal_writer_new(r, n, writer, err);

	if (!w)
		return NULL;
	w->first_size = FIRST_SIZE;
	w->most_size = MOST_SIZE;
	if (find_end(w, seen, arg, err) < 0) {
		journal_close(w);
		return NULL;
	}
	return w;
}
