/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h - those who run chunks: this process, or a worker on each node
 *
 * Members are numbered from 0 in the order in which they joined; a number is
 * never used again.  What they report comes through struct crew_listener, from
 * within crew_turn() only.
 */
#ifndef CMD_MAP_CREW_H
#define CMD_MAP_CREW_H

#include "cmd/map/executor.h"

struct crew_listener {
	void (*joined)(void *arg, unsigned member, const char *node,
		       unsigned slots);
	void (*begun)(void *arg, unsigned member, uint64_t chunk, uint32_t try);
	/* may take the captures out of r */
	void (*ended)(void *arg, unsigned member, struct result *r);
	/* no room for what it writes: tried again, and nothing else there */
	void (*stuck)(void *arg, unsigned member, uint64_t chunk,
		      const char *why);
	void (*lost)(void *arg, unsigned member, const char *why);
	void (*told_to_stop)(void *arg, int signal);
	void *arg;
};

struct crew;			/* each kind has its own */

struct crew_kind {
	/* Call turn() when the descriptor is readable, or after so many
	 * milliseconds (-1: whenever). */
	int (*fd)(const struct crew *c);
	int (*wait_ms)(const struct crew *c);
	void (*turn)(struct crew *c);
	int (*run)(struct crew *c, unsigned member, uint64_t chunk,
		   uint32_t try, const char *item, struct belay_error *err);
	/* SIGTERM what runs, start nothing more. */
	void (*stop)(struct crew *c);
	/* Nobody runs anything any more, nor will. */
	bool (*is_over)(const struct crew *c);
	void (*free)(struct crew *c);
};

struct crew {
	const struct crew_kind *kind;
	struct crew_listener listener;
};

/* What chunks are run with, wherever that is.  All borrowed. */
struct work {
	const struct command *command;
	const char *set, *run;
	unsigned attempt, slots;	/* slots 0: as many as the node has */
	double timeout_s;
	const char *into, *output;	/* into NULL: here, if that works */
	/* of several nodes */
	unsigned nodes, cpus;	/* cpus of each, 0 when they differ */
	const char *nodelist;	/* as Slurm writes it */
	const char *meeting;	/* directory for the rendezvous */
};

struct crew *crew_local(const struct work *w, const struct crew_listener *l,
			struct belay_error *err);
struct crew *crew_remote(const struct work *w, const struct crew_listener *l,
			 struct belay_error *err);

#endif /* CMD_MAP_CREW_H */
