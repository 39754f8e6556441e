/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.h - run chunks on this node, so many at a time
 *
 * Each runs in a process group of its own, with its output captured and its
 * files in a stage.  Used by the coordinator itself on one node, and by the
 * worker on each of several.  One thread calls all of this; it blocks SIGCHLD
 * before the first call.
 */
#ifndef CMD_MAP_EXECUTOR_H
#define CMD_MAP_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cmd/map/capture.h"
#include "cmd/map/command.h"
#include "cmd/map/staging.h"

/* How a chunk ended.  kind 0: it is done; else enum fail_kind. */
struct result {
	uint64_t chunk;
	uint32_t try;
	uint8_t kind;
	int32_t value;
	uint64_t duration_us;
	char reason[256];
	struct capture out, err;
};

struct executor_spec {		/* borrowed as long as the executor lives */
	const struct command *command;
	unsigned slots;
	double timeout_s;	/* 0: none */
	const char *set;
	struct staging *into;	/* NULL: no BELAY_CHUNK_TMP */
	struct staging *output;	/* NULL: output is not kept in files */
	/* Called from executor_turn() and _add(). ended() may take the captures
	 * out of r and may call executor_add(). */
	void (*begun)(void *arg, uint64_t chunk, uint32_t try);
	void (*ended)(void *arg, struct result *r);
	/* There is no room for the chunk's files: it, or what is left to do of
	 * it, is tried again.  Nothing else is begun meanwhile. */
	void (*stuck)(void *arg, uint64_t chunk, const char *why);
	void *arg;
};

struct executor *executor_new(const struct executor_spec *spec,
			      struct belay_error *err);
/* Readable when executor_turn() has something to do; -1 or milliseconds until
 * it has even so. */
int executor_fd(const struct executor *x);
int executor_wait_ms(const struct executor *x);
void executor_turn(struct executor *x);

/* Run a chunk as soon as a slot is free; item as command_fill() wants it. */
int executor_add(struct executor *x, uint64_t chunk, uint32_t try,
		 const char *item, struct belay_error *err);
unsigned executor_running(const struct executor *x);

/* Forget what waits, SIGTERM what runs and a second later SIGKILL it.  What
 * still ends well counts; what does not is not reported. */
void executor_stop(struct executor *x);
/* SIGKILL what runs, wait for it, remove the stages. */
void executor_free(struct executor *x);

#endif /* CMD_MAP_EXECUTOR_H */
