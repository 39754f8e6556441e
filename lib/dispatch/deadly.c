/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadly.c - a checkpoint that nobody gets far with
 *
 * Every byte of it is what was written; what was written may be what kills the
 * program.  One attempt may die of anything.  Two in a row that start there and
 * get nowhere have that in common.
 */

#include "cause/cause.h"
#include "dispatch/deadly.h"
#include "journal/event.h"
#include "journal/journal.h"

#define TIMES 2

struct look {
	uint64_t restored;
	int64_t restored_us, progress_us;
};

static void raise_to(int64_t *newest, int64_t us)
{
	*newest = us > *newest ? us : *newest;
}

static int see(const struct record *rec, void *arg)
{
	struct look *l = arg;
	struct event e;

	if (event_decode(rec, &e, NULL) <= 0)
		return 0;
	if (e.type == EVENT_RESTORED) {
		l->restored = e.id;
		raise_to(&l->restored_us, e.time_us);
	}
	if (e.type == EVENT_CHUNK_DONE || e.type == EVENT_BEAT)
		raise_to(&l->progress_us, e.time_us);
	return 0;
}

/* A node's death, or a person's doing, is not the checkpoint's. */
static bool died_of_itself(const struct attempt *a)
{
	static const uint32_t own = 1u << CAUSE_FAILED | 1u << CAUSE_SIGNALED |
				    1u << CAUSE_OUT_OF_MEMORY |
				    1u << CAUSE_STALLED;

	return own & 1u << cause_of_word(a->end->cause);
}

static bool has_saved(const struct checkpoint_list *list, unsigned n)
{
	for (unsigned i = 0; i < list->n; i++)
		if (list->c[i].attempt == n && !list->c[i].late)
			return true;
	return false;
}

/* What attempt a restored and died of, or 0. */
static uint64_t killed_by(struct run *r, const struct attempt *a,
			  const struct checkpoint_list *list)
{
	struct look l = { 0 };

	if (!died_of_itself(a) || has_saved(list, a->number) ||
	    journal_read(r, a->number, JOURNAL_SKIP_LATE, see, &l, NULL,
			 NULL) < 0)
		return 0;
	return l.progress_us > l.restored_us ? 0 : l.restored;
}

uint64_t deadly_checkpoint(struct run *r, const struct checkpoint_list *list)
{
	uint64_t id = 0;
	int times = 0;

	for (unsigned i = r->n_attempts; i-- > 0 && times < TIMES;) {
		const struct attempt *a = &r->attempts[i];
		uint64_t by;

		if (!a->begin || !a->end)
			continue;
		by = killed_by(r, a, list);
		if (!by || (times && by != id))
			return 0;
		id = by;
		times++;
	}
	return times == TIMES ? id : 0;
}
