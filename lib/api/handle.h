/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle.h - what stands behind a struct belay
 *
 * Each call of the header takes the handle for itself, does its work on what
 * is here, and gives it back:
 *
 *	_auto_turn_ struct belay *mine = api_enter(b, err);
 *
 *	if (!mine)
 *		return -1;
 */
#ifndef API_HANDLE_H
#define API_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "api/held.h"
#include "base/error.h"
#include "journal/event.h"
#include "run/run.h"

struct api_chunks;
struct api_saves;

struct belay {
	pthread_mutex_t lock;
	pid_t pid;		/* that opened it; a child of it may only free */
	struct run *run;
	unsigned attempt;
	bool own;		/* begun here, so ended here */
	struct held held;	/* and by no other handle meanwhile */
	struct belay_options options;	/* its strings are gone */
	struct belay_info info;
	struct settings settings;	/* of the run's policy */
	char *texts[3];		/* of info, that outlive a reload of the run */
	struct journal_writer *journal;	/* NULL: nothing was recorded yet */
	int64_t beat_ns;	/* when the last beat was recorded; 0: never */
	struct belay_progress progress;	/* that was set last, if */
	bool has_progress, progress_waits;	/* for its record */
	int64_t progress_ns;	/* when one was recorded; 0: never */
	struct api_saves *saves;	/* see saves.h; NULL: not asked for */
	atomic_uint asked;	/* checkpoints, by belay_request_checkpoint() */
	int64_t opened_ns;
	uint64_t n_done, n_failed, result_bytes;	/* recorded */
	struct api_chunks *chunks;	/* see chunks.h; NULL: not asked for */
};

/* b for this thread until api_leave(); NULL: NULL, or another process's. */
struct belay *api_enter(struct belay *b, struct belay_error *err);
void api_leave(struct belay *b);
static inline void api_leavep(struct belay **b)
{
	if (*b)
		api_leave(*b);
}
#define _auto_turn_ __attribute__((cleanup(api_leavep)))

/* What the caller has to give, as "a place for the chunk": -1 with BELAY_EINVAL
 * when it is NULL. */
int api_need(const void *given, const char *what, struct belay_error *err);

/* Fill b->info from the attempt that b->run and b->attempt name. */
int api_describe(struct belay *b, struct belay_error *err);

/* Have a journal of this handle; it begins with what is recorded first. */
int api_journal(struct belay *b, struct belay_error *err);
/* Add an event to the journal.  It is durable after api_commit(). */
int api_record(struct belay *b, const struct event *e, struct belay_error *err);
/* A reason as people will read it: one line, and cut. */
void api_say(char out[EVENT_TEXT], const char *reason);
/* Record the progress that waits, if there is any. */
int api_progress_record(struct belay *b, struct belay_error *err);
/* All that was recorded is durable and counts, or -1. */
int api_commit(struct belay *b, struct belay_error *err);

#endif /* API_HANDLE_H */
