/* SPDX-License-Identifier: Apache-2.0 */
/* handle.c - open and close, one thread at a time, one process only */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/chunks.h"
#include "api/own.h"
#include "api/saves.h"
#include "base/clock.h"
#include "base/text.h"
#include "journal/journal.h"

#define OWN_BY "program"	/* who says how an attempt of ours ended */
#define SNAPSHOT_CHUNKS 5000	/* to read so many takes longer than to copy */

/* ---- turns ---- */

struct belay *api_enter(struct belay *b, struct belay_error *err)
{
	if (!b) {
		err_set(err, BELAY_EINVAL, "no run is open");
		return NULL;
	}
	/* before the lock, which another thread may have held at the fork */
	if (b->pid != getpid()) {
		err_set(err, BELAY_EINVAL, "process %d opened this handle; a "
			"child opens one of its own", (int)b->pid);
		return NULL;
	}
	pthread_mutex_lock(&b->lock);
	return b;
}

void api_leave(struct belay *b)
{
	pthread_mutex_unlock(&b->lock);
}

int api_need(const void *given, const char *what, struct belay_error *err)
{
	return given ? 0 : err_set(err, BELAY_EINVAL, "%s must be given, and "
				   "is NULL", what);
}

/* ---- the options ---- */

/* Those of a program that was compiled with fewer members, or with more. */
static int take_options(struct belay *b, const struct belay_options *given,
			struct belay_error *err)
{
	static const struct belay_options defaults = BELAY_OPTIONS_INIT;
	struct belay_options *o = &b->options;

	*o = defaults;
	if (!given)
		return 0;
	if (given->size < sizeof(size_t))
		return err_set(err, BELAY_EINVAL, "options: begin with "
			       "BELAY_OPTIONS_INIT");
	memcpy(o, given, given->size < sizeof(*o) ? given->size : sizeof(*o));
	o->size = sizeof(*o);
	if (!o->ranks || o->rank >= o->ranks)
		return err_set(err, BELAY_EINVAL, "options: rank %u of %u "
			       "ranks; they are numbered from 0", o->rank,
			       o->ranks);
	if (!o->batch)
		return err_set(err, BELAY_EINVAL, "options: a batch is at "
			       "least 1");
	return 0;
}

/* ---- the job's run ---- */

/* What would be right depends on why there is none. */
static int not_inside(struct belay_error *err)
{
	const char *why = getenv("BELAY_UNPROTECTED");

	if (why && getenv("BELAY_FENCED"))
		return err_set(err, BELAY_EFENCED, "%s", why);
	if (why && *why)
		return err_set(err, BELAY_ENOENT, "this job runs unprotected: "
			       "%s", why);
	return err_set(err, BELAY_ENOENT, "not inside an attempt of a run; "
		       "submit the job with --belay, or name a run");
}

static int join_job(struct belay *b, struct belay_error *err)
{
	const char *dir = getenv("BELAY_RUN_DIR");
	const char *number = getenv("BELAY_ATTEMPT");
	uint64_t n;

	if (!dir || !*dir || !number || !*number)
		return not_inside(err);
	if (text_u64(number, UINT32_MAX / 2, &n) < 0 || !n)
		return err_set(err, BELAY_EINVAL, "BELAY_ATTEMPT is not an "
			       "attempt's number: '%s'", number);
	b->attempt = (unsigned)n;
	b->run = run_open_dir(dir, err);
	return b->run ? run_check_fence(b->run, b->attempt, err) : -1;
}

/* ---- a run of its own ---- */

/* Only a copy of what the journals say: without it all goes on. */
static void take_snapshot(const struct belay *b)
{
	const struct attempt *a = run_attempt(b->run, b->attempt);
	struct chunk_state *s;

	if (!a || !a->begin || a->begin->chunks_done < SNAPSHOT_CHUNKS)
		return;
	s = chunk_state_load(b->run, NULL);
	if (s)
		chunk_snapshot_write(b->run, b->attempt, s, NULL);
	chunk_state_free(s);
}

static int begin_own(struct belay *b, struct belay_error *err)
{
	struct own_run o = { .by = OWN_BY };
	int rc = own_run_open(&o, b->options.root, b->options.run, err);

	b->run = o.run;
	if (rc < 0 || held_add(&b->held, b->run, err) < 0 ||
	    own_run_begin(&o, err) < 0)
		return -1;
	b->attempt = o.attempt;
	b->own = true;
	take_snapshot(b);
	return 0;
}

static int end_own(struct belay *b, int exit_status, struct belay_error *err)
{
	struct own_run o = { .run = b->run, .attempt = b->attempt,
			     .by = OWN_BY };
	char reason[64];

	snprintf(reason, sizeof(reason), "the program ended with %d",
		 exit_status);
	return own_run_end(&o, exit_status, 0, reason, err);
}

/* ---- open and close ---- */

static void release(struct belay *b)
{
	api_saves_free(b->saves);
	api_chunks_free(b->chunks);
	journal_close(b->journal);
	held_drop(&b->held);
	run_close(b->run);
	for (size_t i = 0; i < sizeof(b->texts) / sizeof(b->texts[0]); i++)
		free(b->texts[i]);
	free(b);
}

static int open_run(struct belay *b, const struct belay_options *options,
		    struct belay_error *err)
{
	if (take_options(b, options, err) < 0)
		return -1;
	if ((b->options.run ? begin_own(b, err) : join_job(b, err)) < 0)
		return -1;
	b->options.run = b->options.root = NULL;
	b->opened_ns = clock_mono_ns();
	if (api_describe(b, err) < 0)
		return -1;
	return b->options.ranks == 1 ? 0 :
	       packed_forget(b->run, b->attempt, b->options.rank, err);
}

struct belay *belay_open(const struct belay_options *options,
			 struct belay_error *err)
{
	struct belay *b = calloc(1, sizeof(*b));

	if (!b) {
		err_nomem(err);
		return NULL;
	}
	b->pid = getpid();
	if (open_run(b, options, err) < 0) {
		release(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

int belay_close(struct belay *b, int exit_status, struct belay_error *err)
{
	int rc;

	if (!b)
		return 0;
	if (b->pid != getpid()) {
		release(b);
		return 0;
	}
	api_background_join(b);
	rc = api_commit(b, err);
	if (rc == 0)
		rc = api_background_tell(b, err);
	if (b->own && end_own(b, exit_status, rc < 0 ? NULL : err) < 0)
		rc = -1;
	pthread_mutex_destroy(&b->lock);
	release(b);
	return rc;
}
