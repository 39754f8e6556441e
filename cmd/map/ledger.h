/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - what has happened, until it is recorded and may be told
 *
 * Events gather while the recorder is busy with those before them and then go
 * to it as one batch.  Recorded ones are folded into the chunk state: what a
 * map believes is what any reader of the journal would.
 */
#ifndef CMD_MAP_LEDGER_H
#define CMD_MAP_LEDGER_H

#include "chunk/state.h"
#include "cmd/map/capture.h"
#include "cmd/map/recorder.h"

/* What a chunk wrote, kept until its end is recorded. */
struct output {
	struct capture out, err;
};

struct batch {
	struct event *events;
	struct output *outputs;	/* of each event */
	size_t n, cap;
};

enum ledger_health {
	LEDGER_FINE,
	LEDGER_FAILING,		/* a batch could not be recorded: tried again */
	LEDGER_GIVEN_UP,	/* for too long */
	LEDGER_FENCED,		/* a newer attempt exists */
};

struct ledger {
	struct recorder *recorder;
	struct chunk_state *state;
	unsigned attempt;
	const char *writer;
	uint64_t seq;
	struct batch gathering, flying;
	int64_t next_ns;	/* no batch, no new try before that */
	int64_t failing_ns;	/* since when; 0: all is well */
	enum ledger_health health;
	struct belay_error err;	/* unless FINE: why */
	/* Called for each recorded event, after all of its batch are folded;
	 * may take what is in o. */
	void (*recorded)(void *arg, const struct event *e, struct output *o);
	void *arg;
};

int ledger_open(struct ledger *l, struct journal_writer *w,
		struct chunk_state *state, unsigned attempt,
		struct belay_error *err);
void ledger_close(struct ledger *l);

/* o's captures are taken; it may be NULL. */
int ledger_add(struct ledger *l, const struct event *e, struct output *o,
	       struct belay_error *err);
/*
 * Move what can be moved, then *wait_ms until it can be again, -1: when
 * recorder_fd() is readable.  hurry: nothing runs that a batch could wait for.
 * -1: the state cannot be kept (memory).
 */
int ledger_turn(struct ledger *l, bool hurry, int *wait_ms,
		struct belay_error *err);
bool ledger_is_empty(const struct ledger *l);

#endif /* CMD_MAP_LEDGER_H */
