/* SPDX-License-Identifier: Apache-2.0 */
/* background.c - a commit that the caller does not wait for */

#include <signal.h>
#include <string.h>

#include "api/saves.h"
#include "base/clock.h"

static void *commit(void *arg)
{
	struct api_background *back = arg;
	int64_t began = clock_mono_ns();

	back->rc = packed_commit(back->w, &back->done, &back->err);
	back->spent_us = (clock_mono_ns() - began) / 1000;
	return NULL;
}

/* The program's signals are its own threads' business. */
int api_background_start(struct belay *b, struct packed_writer *w)
{
	struct api_background *back = &b->saves->back;
	sigset_t all, before;
	int rc;

	*back = (struct api_background){ .w = w };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&back->thread, NULL, commit, back);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	back->running = rc == 0;
	return rc == 0 ? 0 : -1;
}

void api_background_join(struct belay *b)
{
	struct api_background *back = b->saves ? &b->saves->back : NULL;

	if (!back || !back->running)
		return;
	pthread_join(back->thread, NULL);
	back->running = false;
	api_saved(b, back->rc, &back->done, back->spent_us);
	if (back->rc < 0)
		b->saves->late = back->err;
}

int api_background_tell(struct belay *b, struct belay_error *err)
{
	struct belay_error *late = b->saves ? &b->saves->late : NULL;

	if (!late || !late->code)
		return 0;
	if (err)
		*err = *late;
	*late = (struct belay_error){ 0 };
	return -1;
}

int belay_checkpoint_wait(struct belay *b, uint64_t *id,
			  struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct api_saves *s = mine ? api_saves(b, err) : NULL;

	if (!s)
		return -1;
	api_background_join(b);
	if (api_background_tell(b, err) < 0)
		return -1;
	if (s->last_rc == 0 && s->step) {
		s->last_rc = packed_published(b->run, b->attempt, s->step,
					      b->options.ranks, &s->last_id,
					      err);
		if (s->last_rc < 0)
			return -1;
	}
	if (s->last_rc == 1 && id)
		*id = s->last_id;
	return s->last_rc == 1;
}
