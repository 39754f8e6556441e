/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging.h - where a chunk's files wait until the chunk is done
 *
 *	DIR/.belay-tmp/<run>.<attempt>-<node>-<slot>-<n>/
 *
 * A stage belongs to one slot and is used again after a chunk that succeeded;
 * after one that did not, a process of it may still be writing there, and the
 * slot gets a new one.  What is in a stage comes to the same place below DIR.
 */
#ifndef CMD_MAP_STAGING_H
#define CMD_MAP_STAGING_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct staging {		/* start from { .dirfd = -1, .tmpfd = -1 } */
	int dirfd, tmpfd;	/* tmpfd -1: there was no room for it yet */
	char path[PATH_MAX];	/* of .belay-tmp, absolute */
	char prefix[NAME_MAX];	/* "<run>.<attempt>-<node>" */
};

struct stage {			/* start from { .fd = -1 } */
	int fd;
	bool empty;		/* when it was last looked at */
	bool durable;		/* what is in it */
	unsigned slot, n;
	char name[NAME_MAX + 1];
};

/* who: what the names begin with. dir is made if it is missing. */
int staging_open(struct staging *s, const char *dir, const char *who,
		 struct belay_error *err);
/* Remove what attempts of the run before this one left behind: nothing that
 * they might still write is wanted. */
void staging_sweep(struct staging *s, const char *run, unsigned attempt);
void staging_close(struct staging *s);
/* The same in a directory where nothing is staged now. */
void staging_sweep_dir(const char *dir, const char *run, unsigned attempt);

int stage_make(struct staging *s, struct stage *st, unsigned slot,
	       struct belay_error *err);
bool stage_is_empty(struct stage *st);
/* Bring what is in it into place, durably.  Safe in any thread.  After an error
 * the same can be tried again if st->durable; else what is in it is lost. */
int stage_publish(const struct staging *s, struct stage *st,
		  struct belay_error *err);
/* Remove it with all that is in it. */
void stage_drop(struct staging *s, struct stage *st);

#endif /* CMD_MAP_STAGING_H */
