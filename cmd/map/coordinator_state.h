/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator_state.h - what coordinator.c and account.c share */
#ifndef CMD_MAP_COORDINATOR_STATE_H
#define CMD_MAP_COORDINATOR_STATE_H

#include "cmd/map/coordinator.h"
#include "cmd/map/ledger.h"
#include "cmd/map/members.h"
#include "cmd/map/queue.h"
#include "cmd/map/show.h"

struct coordinator {
	const struct coordinator_spec *spec;
	struct crew *crew;
	struct members members;
	struct queue queue;
	struct ledger ledger;
	struct show show;
	struct progress progress;
	double chunk_s;		/* what a chunk takes, smoothed; 0: unknown */
	int signalfd;
	int signal;		/* that told us to stop, or 0 */
	int64_t leave_ns;	/* when to leave at the latest; 0: at work */
	int status;		/* to leave with */
	int64_t room_ns;	/* the last time there was room; 0: there is */
	char no_room[256];	/* and why there is none */
	enum ledger_health told;	/* what people know of it */
	bool broken;		/* err says why: out of memory */
	struct belay_error *err;
};

/* One line on stderr, the progress bar aside. */
void coordinator_say(struct coordinator *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * account.c: what the crew reports becomes events, and what is recorded
 * becomes the next thing to do.
 */

/* The set's own event, then every chunk that is not done into the queue, or
 * quarantined when it has had its chances. */
int account_begin(struct coordinator *c);
void account_joined(void *arg, unsigned member, const char *node,
		    unsigned slots);
void account_begun(void *arg, unsigned member, uint64_t chunk, uint32_t try);
void account_ended(void *arg, unsigned member, struct result *r);
void account_stuck(void *arg, unsigned member, uint64_t chunk, const char *why);
void account_lost(void *arg, unsigned member, const char *why);
void account_recorded(void *arg, const struct event *e, struct output *o);

/* How a try ended, for people: "exit status 3: no such file". */
void account_reason(const struct result *r, char out[256]);

#endif /* CMD_MAP_COORDINATOR_STATE_H */
