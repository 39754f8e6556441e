/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - what an attempt recorded, and how far a successor believes it */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "journal/walk.h"

/* ---- reading ---- */

struct reader {
	unsigned attempt;
	record_fn record;
	void (*damage)(unsigned attempt, const char *journal,
		       const struct journal_end *end, void *arg);
	void *arg;
};

static int give(const struct record *rec, void *arg)
{
	const struct reader *reader = arg;

	return reader->record(rec, reader->arg);
}

static int tell_damage(const char *journal, const struct journal_end *end,
		       void *arg)
{
	const struct reader *reader = arg;

	if (reader->damage && end->state != JOURNAL_CLEAN)
		reader->damage(reader->attempt, journal, end, reader->arg);
	return 0;
}

int journal_read(struct run *r, unsigned n, enum journal_late late,
		 record_fn f, void *arg,
		 void (*damage)(unsigned attempt, const char *journal,
				const struct journal_end *end, void *arg),
		 struct belay_error *err)
{
	struct reader reader = { n, f, damage, arg };
	struct journal_walk walk = {
		.run = r, .attempt = n, .cut = run_cut_of(r, n), .late = late,
		.record = f ? give : NULL, .ended = tell_damage, .arg = &reader,
	};

	return journal_walk(&walk, err);
}

/* ---- the cut ---- */

struct cutter {
	unsigned attempt;
	struct cut_entry *entry;
	unsigned n;
	struct belay_error *err;
};

static int add_entry(struct cutter *c, const struct cut_entry *e)
{
	struct cut_entry *grown = c->entry;

	if (!(c->n & (c->n - 1)))	/* full whenever it is a power of two */
		grown = realloc(grown, 2 * (c->n + 1) * sizeof(*grown));
	if (!grown)
		return err_nomem(c->err);
	c->entry = grown;
	c->entry[c->n++] = *e;
	return 0;
}

static int cut_here(const char *journal, const struct journal_end *end,
		    void *arg)
{
	struct cutter *c = arg;
	struct cut_entry e = {
		.attempt = c->attempt,
		.length = end->length,
		.check = end->check,
	};

	snprintf(e.journal, sizeof(e.journal), "%s", journal);
	snprintf(e.state, sizeof(e.state), "%s",
		 journal_state_word(end->state));
	return add_entry(c, &e);
}

/* Of those before n a cut holds already, but of the newest that began and of
 * what was claimed after it. */
static int cut_attempt(struct run *r, struct cutter *c)
{
	struct journal_walk walk = {
		.run = r, .attempt = c->attempt, .ended = cut_here, .arg = c,
	};

	return run_cut_of(r, c->attempt) ? 0 : journal_walk(&walk, c->err);
}

int journal_cut(struct run *r, unsigned n, struct begin *begin,
		struct belay_error *err)
{
	struct cutter c = { .err = err };

	for (unsigned i = 0; i < r->n_attempts; i++) {
		c.attempt = r->attempts[i].number;
		if (c.attempt < n && cut_attempt(r, &c) < 0) {
			free(c.entry);
			return -1;
		}
	}
	free(begin->cut);
	begin->cut = c.entry;
	begin->n_cut = c.n;
	return 0;
}
