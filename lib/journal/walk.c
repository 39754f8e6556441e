/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.c - the records of an attempt: all writers, all segments, as far as they
 *          count
 *
 * The numbers of a writer's records run without gaps through its segments.  A
 * segment that follows a failed write repeats what was not acknowledged, so a
 * number that was had is dropped; a number that is missing means that records
 * are lost, and nothing behind them is believed.
 */

#include <stdio.h>
#include <stdlib.h>

#include "journal/files.h"
#include "journal/walk.h"

/* Others may write while we read: a later batch can then be seen without the
 * one before.  What is damaged stays so when it is read again. */
#define READINGS 5

struct journal_walker {
	struct journal_walk walk;
	struct journal_files files;
	struct buf bytes;
	size_t at;		/* how many files were walked */
	/* of one writer */
	const char *writer;
	uint64_t next, next_late;	/* numbers that were not had yet */
	uint64_t check;		/* of the last frame that counts, or 0 */
	/* of one segment */
	const struct journal_file *file;
	const struct cut_entry *believed;	/* what its cut says, or NULL */
};

static void refuse(struct journal_end *end, const char *why)
{
	*end = (struct journal_end){ .state = JOURNAL_CORRUPT };
	snprintf(end->reason, sizeof(end->reason), "%s", why);
}

static int give(const struct record *rec, void *arg)
{
	struct journal_walker *w = arg;
	uint64_t *next = rec->late ? &w->next_late : &w->next;

	if (rec->seq < w->next || rec->seq < *next)
		return 0;
	*next = rec->seq + 1;
	if (!w->walk.record ||
	    (rec->late && w->walk.late == JOURNAL_SKIP_LATE))
		return 0;
	return w->walk.record(rec, w->walk.arg);
}

static uint64_t limit_of(const struct journal_walker *w)
{
	if (!w->walk.cut)
		return UINT64_MAX;
	return w->believed ? w->believed->length : 0;
}

/* May the segment follow what was read of its writer?  NULL, or why not.  A
 * header that does not verify is left to journal_decode(). */
static const char *does_not_follow(const struct journal_walker *w)
{
	struct journal_header h;
	const char *wrong;

	if (!journal_header_decode(w->bytes.data, w->bytes.len, &h, NULL))
		return NULL;
	wrong = journal_file_misplaced(w->walk.run, w->file, &h);
	if (wrong)
		return wrong;
	if (h.first > w->next)
		return "records before it are missing";
	if (h.first == w->next && h.previous != w->check)
		return "it follows other records than those before it";
	return NULL;
}

static int read_once(struct journal_walker *w, struct journal_end *end,
		     struct belay_error *err)
{
	uint64_t limit = limit_of(w);
	const char *wrong = NULL;
	int rc;

	rc = journal_file_read(&w->files, w->file, &w->bytes, end, err);
	if (rc <= 0)
		return rc;
	if (limit)	/* else nothing of it counts anyway */
		wrong = does_not_follow(w);
	if (wrong) {
		refuse(end, wrong);
		return 0;
	}
	return journal_decode(w->bytes.data, w->bytes.len, limit,
			      w->walk.attempt, w->file->writer, give, w, end);
}

static int read_until_sure(struct journal_walker *w, struct journal_end *end,
			   struct belay_error *err)
{
	int rc = read_once(w, end, err);

	for (int i = 1; i < READINGS && rc == 0 &&
	     end->state == JOURNAL_CORRUPT && !w->walk.cut; i++) {
		uint64_t before = end->length;

		rc = read_once(w, end, err);
		if (end->length == before)
			break;
	}
	return rc;
}

/* What verifies otherwise than it did then is damage, and so is what was
 * damaged then, though it verifies as far as it counts. */
static void compare_with_cut(const struct cut_entry *c, struct journal_end *end)
{
	const char *why = NULL;

	if (end->state != JOURNAL_CLEAN)
		return;
	if (c->check != end->check)
		why = "it is not what was there when its cut was taken";
	else if (!strcmp(c->state, journal_state_word(JOURNAL_CORRUPT)))
		why = "it was when its cut was taken";
	if (!why)
		return;
	end->state = JOURNAL_CORRUPT;
	snprintf(end->reason, sizeof(end->reason), "%s", why);
}

static int walk_file(struct journal_walker *w, struct belay_error *err)
{
	const struct journal_walk *walk = &w->walk;
	struct journal_end end;
	int rc;

	w->believed = walk->cut ? run_cut_find(walk->cut, walk->attempt,
					       w->file->name) : NULL;
	rc = read_until_sure(w, &end, err);
	if (rc)
		return rc;
	if (w->believed)
		compare_with_cut(w->believed, &end);
	if (end.records)
		w->check = end.check;
	return walk->ended ? walk->ended(w->file->name, &end, walk->arg) : 0;
}

static bool is_listed(const struct journal_walker *w, const char *name)
{
	return fs_names_has(&w->files.names, name);
}

/* A journal that was believed and is not there is damage too. */
static int tell_missing(struct journal_walker *w)
{
	const struct journal_walk *walk = &w->walk;
	struct journal_end end;
	int rc = 0;

	refuse(&end, "it is missing");
	for (unsigned i = 0; walk->cut && i < walk->cut->n_cut && !rc; i++) {
		const struct cut_entry *c = &walk->cut->cut[i];

		if (c->attempt == walk->attempt && c->length &&
		    walk->ended && !is_listed(w, c->journal))
			rc = walk->ended(c->journal, &end, walk->arg);
	}
	return rc;
}

/* ---- from the first to the last ---- */

struct journal_walker *journal_walker_open(const struct journal_walk *walk,
					   struct belay_error *err)
{
	struct journal_walker *w = calloc(1, sizeof(*w));

	if (!w) {
		err_nomem(err);
		return NULL;
	}
	w->walk = *walk;
	w->writer = "";
	w->files.dirfd = -1;
	if (journal_files_list(&w->files, walk->run, walk->attempt, err) == 0)
		return w;
	journal_walker_close(w);
	err_prefix(err, "attempt %u", walk->attempt);
	return NULL;
}

static int walk_next(struct journal_walker *w, struct belay_error *err)
{
	w->file = &w->files.file[w->at++];
	if (strcmp(w->writer, w->file->writer)) {
		w->writer = w->file->writer;
		w->next = w->next_late = 1;
		w->check = 0;
	}
	return walk_file(w, err);
}

int journal_walker_step(struct journal_walker *w, bool *more,
			struct belay_error *err)
{
	int rc;

	*more = w->at < w->files.n;
	rc = *more ? walk_next(w, err) : tell_missing(w);
	return rc < 0 ? err_prefix(err, "attempt %u", w->walk.attempt) : rc;
}

void journal_walker_close(struct journal_walker *w)
{
	if (!w)
		return;
	journal_files_free(&w->files);
	buf_free(&w->bytes);
	free(w);
}

int journal_walk(const struct journal_walk *walk, struct belay_error *err)
{
	struct journal_walker *w = journal_walker_open(walk, err);
	bool more;
	int rc;

	if (!w)
		return -1;
	do {
		rc = journal_walker_step(w, &more, err);
	} while (rc == 0 && more);
	journal_walker_close(w);
	return rc;
}
