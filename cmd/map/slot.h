/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - one place where a chunk runs: its process, pipes and stages */
#ifndef CMD_MAP_SLOT_H
#define CMD_MAP_SLOT_H

#include <pthread.h>
#include <sys/types.h>

#include "cmd/map/executor.h"
#include "cmd/map/task.h"

enum slot_state {
	SLOT_FREE, SLOT_RUNNING, SLOT_SETTLING,
	SLOT_STUCK,		/* no room to settle: again at deadline_ns */
};

enum settled {
	SETTLED,
	SETTLED_LATER,		/* under way, until notify_fd says so */
	SETTLED_NO_ROOM,	/* to be tried again */
	SETTLED_SPOILED,	/* no room for what it wrote: to be run again */
};

struct slot {
	enum slot_state state;
	unsigned number;
	const struct executor_spec *spec;
	struct task *task;	/* what it runs; the executor's */
	pid_t pid;		/* of the chunk, and of its process group */
	int reading[2];		/* its stdout and stderr, or -1 */
	int writing[2];		/* their other ends, see spawn.c */
	int64_t begin_ns;
	int64_t deadline_ns;	/* 0: none */
	bool terminated;	/* SIGTERM was sent: SIGKILL is next */
	bool timed_out;
	struct result result;
	struct stage stage, kept;	/* for spec->into and spec->output */
	char **env;		/* the inherited one and ours, in one piece */
	char *env_chunk, *env_tmp;	/* lines of it */
	/* while SLOT_SETTLING */
	bool has_files;		/* to be published */
	bool spoiled;		/* they are not what was written */
	pthread_t thread;
	int notify_fd;		/* the thread writes the slot's address here */
	int settled;		/* what it came to, and why */
	struct belay_error err;
};

/* slot.c: what stays from chunk to chunk */
int slot_init(struct slot *s, unsigned number, const struct executor_spec *spec,
	      int notify_fd, struct belay_error *err);
void slot_fini(struct slot *s);
/* Empty stages for the next chunk. */
int slot_prepare(struct slot *s, struct belay_error *err);

/* spawn.c: the process of a chunk.  First forget the one before. */
void slot_begin(struct slot *s);
int slot_spawn(struct slot *s, struct belay_error *err);
/* Read some of what a pipe holds; not when it is empty. */
void slot_read(struct slot *s, unsigned which);
/* The process is a zombie: collect what it wrote, and how it ended. */
void slot_reap(struct slot *s);
void slot_signal(struct slot *s, int signal);

/*
 * settle.c: bring the chunk's files into place, in a thread when there are
 * any, for a sync can take long.
 */
enum settled slot_settle(struct slot *s);
/* The thread is done: put what went wrong into the result, or, when there was
 * no room, into s->err. */
enum settled slot_settled(struct slot *s);

#endif /* CMD_MAP_SLOT_H */
