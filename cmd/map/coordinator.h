/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coordinator.h - see to it that every chunk of a set is done
 *
 * It alone records.  A chunk counts, its output is shown and its place in the
 * progress is taken only when its end is on disk.
 */
#ifndef CMD_MAP_COORDINATOR_H
#define CMD_MAP_COORDINATOR_H

#include "chunk/state.h"
#include "cmd/map/crew.h"
#include "cmd/map/items.h"
#include "cmd/map/session.h"

struct coordinator_spec {	/* borrowed */
	struct session *session;
	struct chunk_set *set;
	const struct items *items;
	int max_tries;		/* of a chunk, then it is quarantined */
	struct crew *(*make_crew)(const struct work *w,
				  const struct crew_listener *l,
				  struct belay_error *err);
	const struct work *work;
};

/* The exit status; *signal is the one that ended it, or 0.  What there is to
 * say has been said, but for an error of -1. */
int coordinator_run(const struct coordinator_spec *spec, int *signal,
		    struct belay_error *err);

#endif /* CMD_MAP_COORDINATOR_H */
