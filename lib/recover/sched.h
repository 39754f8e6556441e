/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - the scheduler that recovery wants to have
 *
 * Implemented by lib/slurm with libslurm, and by a table in unit tests.  Every
 * call may take as long as Slurm's MessageTimeout.  -1 with err->sys EAGAIN
 * says that the controller cannot be reached now; EALREADY that the job is
 * there already or beyond (pending when requeued, started when updated, ended
 * when cancelled); any other failure is final.
 */
#ifndef RECOVER_SCHED_H
#define RECOVER_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cause/cause.h"

struct job_view {		/* of slurm_load_job, in our words */
	uint32_t job_id;
	char record[64];	/* its name: "12", "10_3", het leader "20" */
	uint32_t user_id;
	enum job_state state;
	bool completing, held, held_by_admin, requeue_allowed;
	uint32_t restart;
	int64_t submit_time;	/* of this restart; 0 unknown */
	int64_t start_time, preempt_time;
	int64_t begin_time;	/* the earliest start */
	char batch_host[256];
	char *nodes;		/* allocated, or still completing */
	char *exc_nodes, *req_nodes;
	uint32_t num_nodes;
	char failed_node[256];
};
void job_view_free(struct job_view *j);		/* the members */

struct sched {
	void *state;
	int (*load_job)(void *state, uint32_t job_id, struct job_view *j,
			struct belay_error *err);
	/* Evidence about nodes (hostlist): an array of *n, caller frees. */
	int (*load_nodes)(void *state, const char *nodes, int64_t since_s,
			  struct node_evidence **out, unsigned *n,
			  struct belay_error *err);
	/* hold: requeued held. */
	int (*requeue)(void *state, const char *record, bool hold,
		       struct belay_error *err);
	/* exc_nodes NULL: leave; begin_time 0: leave. One RPC. */
	int (*update)(void *state, const char *record, const char *exc_nodes,
		      int64_t begin_time, struct belay_error *err);
	/* A user's hold, and with it what update() changes. One RPC. */
	int (*hold)(void *state, const char *record, const char *exc_nodes,
		    int64_t begin_time, struct belay_error *err);
	int (*cancel)(void *state, const char *record, struct belay_error *err);
	int (*kill_wait)(void *state);		/* seconds */
	/* That serve; 0 unknown: load_nodes() finds it out on the way. */
	int (*cluster_nodes)(void *state);
	/* How often the main scheduler has looked at the queue; it is only
	 * ever compared.  NULL, or -1: cannot be known. */
	int64_t (*passes)(void *state);
};

#endif /* RECOVER_SCHED_H */
