/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - print what chunks wrote, one after the other and each whole
 *
 * A reader that does not read must not stop the map: nothing is written that
 * could block.
 */
#ifndef CMD_MAP_SHOW_H
#define CMD_MAP_SHOW_H

#include <poll.h>

#include "cmd/map/ledger.h"
#include "cmd/map/progress.h"

struct shown {
	struct output output;
	struct shown *next;
};

struct show {			/* start from { 0 } */
	struct progress *progress;	/* steps aside for output */
	struct shown *first, **last;
	uint64_t at;		/* how much of the first is written */
	uint64_t pending;	/* bytes not written yet */
	bool failed;		/* nobody reads, or a full disk: no more */
	int error;		/* errno of that */
};

/* Takes o's captures. */
int show_add(struct show *s, struct output *o, struct belay_error *err);
/* Write what can be written now. */
void show_turn(struct show *s);
/* What to poll for when something is left: false when nothing is. */
bool show_wants(const struct show *s, struct pollfd *p);
void show_free(struct show *s);

#endif /* CMD_MAP_SHOW_H */
