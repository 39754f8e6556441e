/* SPDX-License-Identifier: Apache-2.0 */
/*
 * story.h - everything that happened to a run, in order
 *
 * The order is that of attempts, and within an attempt that of the writers'
 * clocks: good enough to read, and nothing is decided by it.
 */
#ifndef CMD_BELAY_STORY_H
#define CMD_BELAY_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/run.h"

struct happening {
	unsigned attempt;
	int64_t time_us;	/* 0: not known */
	uint64_t order;		/* as it was found: settles equal times */
	enum { TOLD, COUNT_BEGUN, COUNT_DONE, COUNT_BEAT, COUNTS } kind;
	bool begins;		/* an attempt: before all else of it */
	bool late;		/* beyond the cut: it does not count */
	char word[20];		/* "begin", "chunk_fail", "damage" */
	const char *writer;	/* "" when it is no journal's */
	uint64_t sequence;
	const char *set;	/* of a chunk's events, else NULL */
	uint64_t chunk;
	const char *node;
	char *text;		/* NULL: never asked for, or out of memory */
};

struct story {			/* start from { 0 } */
	struct happening *h;
	size_t n, cap;
	char **words;		/* what h[].writer, set and node point to */
	size_t n_words;
};

struct story_options {
	bool all;		/* each begun or done chunk and each beat */
	bool late;		/* each late record, too */
};

int story_load(struct run *r, const struct story_options *opt,
	       struct story *s, struct belay_error *err);
void story_free(struct story *s);

#define _auto_story_ __attribute__((cleanup(story_free)))

#endif /* CMD_BELAY_STORY_H */
