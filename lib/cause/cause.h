/* SPDX-License-Identifier: Apache-2.0 */
/* cause.h - why an attempt ended: a fact, drawn from evidence; pure */
#ifndef CAUSE_CAUSE_H
#define CAUSE_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hostlist.h"

enum cause {
	CAUSE_NONE = 0,		/* not ended */
	CAUSE_COMPLETED, CAUSE_NODE_FAIL, CAUSE_PREEMPTED, CAUSE_TIMEOUT,
	CAUSE_OUT_OF_MEMORY, CAUSE_FAILED, CAUSE_SIGNALED, CAUSE_CANCELLED,
	CAUSE_DEADLINE, CAUSE_BOOT_FAIL, CAUSE_LAUNCH_FAILED, CAUSE_REQUEUED,
	CAUSE_TIME_SLICE, CAUSE_STALLED, CAUSE_VANISHED,
	CAUSE_COUNT
};

const char *cause_word(enum cause c);		/* "node_fail" */
enum cause cause_of_word(const char *word);	/* CAUSE_NONE if unknown */
const char *cause_sentence(enum cause c);	/* "a node died", for people */
extern const char *const cause_words[];		/* all, NULL at the end */

/* Slurm's states in our own numbering: the door to slurm.h is lib/slurm. */
enum job_state {
	JOB_STATE_UNKNOWN = 0, JOB_STATE_PENDING, JOB_STATE_RUNNING,
	JOB_STATE_SUSPENDED, JOB_STATE_COMPLETE, JOB_STATE_CANCELLED,
	JOB_STATE_FAILED, JOB_STATE_TIMEOUT, JOB_STATE_NODE_FAIL,
	JOB_STATE_PREEMPTED, JOB_STATE_BOOT_FAIL, JOB_STATE_DEADLINE,
	JOB_STATE_OOM
};
const char *job_state_word(enum job_state s);	/* "NODE_FAIL" */

struct node_evidence {
	char name[256];
	bool down;		/* DOWN, or not responding and going down */
	bool drained;		/* or failing: no job is started there */
	bool rebooted;		/* its boot time is after the attempt began */
	char state[64];		/* as Slurm prints it */
};

/* All that is known.  Unknown things are zero. */
struct evidence {
	/* who saw the end: the batch step's own exit hook? */
	bool seen_end;		/* wait_status holds */
	int wait_status;	/* as of wait(2) */
	bool oom_kill;		/* the job's cgroup counted one */
	/* what Slurm says of the job now */
	bool job_known;
	enum job_state state;
	bool completing;
	bool requeue_pending;	/* Slurm has put it back into the queue */
	uint32_t restart_then, restart_now;	/* at begin, now */
	int64_t preempt_time;
	char failed_node[256];	/* 23.02 and later */
	bool later_attempt;	/* asked by the next attempt's begin */
	bool never_began;	/* the attempt was claimed, no more */
	/* the nodes of the attempt, in order; batch host first if known */
	const struct node_evidence *nodes;
	unsigned n_nodes;
	char batch_host[256];
};

struct verdict {
	enum cause cause;
	int exit_code, signal;	/* -1: none */
	struct hosts suspects;
	char *lines[8];		/* the evidence, in words */
	unsigned n_lines;
};

/* Never fails but for memory; CAUSE_VANISHED when nothing explains it. */
int cause_of(const struct evidence *e, struct verdict *v,
	     struct belay_error *err);
void verdict_free(struct verdict *v);

#endif /* CAUSE_CAUSE_H */
