/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_room.c - is there room for a checkpoint, and what if not
 *
 * A disk that fills up while a checkpoint is written harms more than that one:
 * journals lie there, too.  So as much as the newest one took must be there
 * before.  The newest good one is never given up for it.
 */

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "checkpoint/packed_writer.h"
#include "fs/fs.h"

#define PAUSE_MS 1000
#define DEADLINE_S 30		/* before Slurm ends the job */

struct need {
	uint64_t own, all;	/* bytes: of this rank, of all of them */
};

static struct need need_of(const struct checkpoint_list *list, unsigned rank)
{
	for (unsigned i = list->n; i-- > 0;) {
		const struct checkpoint *c = &list->c[i];

		if (!c->late && !c->damaged && c->ranks > rank)
			return (struct need){ c->parts[rank].stored,
					      c->stored };
	}
	return (struct need){ 0, 0 };
}

static int look(const struct packed_writer *w, const struct need *need,
		struct belay_error *err)
{
	return need->all ? fs_check_room(w->fd, need->all, need->own, err) : 0;
}

static bool is_full(const struct belay_error *err)
{
	return err->sys == ENOSPC || err->sys == EDQUOT;
}

static unsigned count_good(const struct checkpoint_list *list)
{
	unsigned n = 0;

	for (unsigned i = 0; i < list->n; i++)
		n += !list->c[i].late && !list->c[i].damaged;
	return n;
}

/* No more than is needed; milestones go last. */
static int prune(struct packed_writer *w, const struct checkpoint_list *list,
		 const struct need *need, struct belay_error *err)
{
	const double every_s[] = { w->opt.settings.keep_every_s, 0 };

	for (int i = 0; i < 2; i++) {
		for (unsigned keep = count_good(list); keep-- > 1;) {
			if (checkpoint_prune(w->run, w->c.attempt, keep,
					     every_s[i], err) < 0)
				return -1;
			if (look(w, need, err) == 0)
				return 0;
		}
		if (every_s[i] <= 0)
			break;
	}
	return look(w, need, err);
}

/* Is the job about to be ended? */
static bool is_late(void)
{
	const char *text = getenv("SLURM_JOB_END_TIME");
	uint64_t end_s;

	return text && text_u64(text, INT64_MAX / 2000000, &end_s) == 0 &&
	       clock_wall_us() / 1000000 + DEADLINE_S > (int64_t)end_s;
}

static int pause_until(struct packed_writer *w, const struct need *need,
		       struct belay_error *err)
{
	struct belay_error why;

	while (look(w, need, &why) < 0) {
		if (!is_full(&why) || is_late()) {
			if (err)
				*err = why;
			return -1;
		}
		if (run_check_fence(w->run, w->c.attempt, err) < 0)
			return -1;
		clock_sleep_ms(PAUSE_MS);
	}
	return 0;
}

int packed_make_room(struct packed_writer *w,
		     const struct checkpoint_list *list,
		     struct belay_error *err)
{
	const struct need need = need_of(list, w->rank);
	struct belay_error why = { 0 };
	int rc = look(w, &need, &why);

	if (rc < 0 && is_full(&why) &&
	    w->opt.settings.on_full == ON_FULL_PRUNE)
		rc = prune(w, list, &need, &why);
	else if (rc < 0 && is_full(&why) &&
		 w->opt.settings.on_full == ON_FULL_PAUSE)
		rc = pause_until(w, &need, &why);
	if (rc < 0 && err)
		*err = why;
	return rc;
}
