/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - the calls behind struct sched, one file per thing asked about */
#ifndef SLURM_CALLS_H
#define SLURM_CALLS_H

#include "recover/sched.h"

/* What Slurm's configuration and nodes told us on the way, asked once. */
struct slurm_state {
	bool started, configured;
	int kill_wait;
	char cluster[129];
	int cluster_nodes;
};

/* Before every call: makes libslurm ready.  May end the process. */
void slurm_start(struct slurm_state *s);

/* Slurm's error (errno when code is 0) about subject as ours. */
int slurm_fail(struct belay_error *err, int code, const char *what,
	       const char *subject);

int job_load(void *state, uint32_t job_id, struct job_view *j,
	     struct belay_error *err);
int job_requeue(void *state, const char *record, bool hold,
		struct belay_error *err);
int job_update(void *state, const char *record, const char *exc_nodes,
	       int64_t begin_time, struct belay_error *err);
int job_hold(void *state, const char *record, const char *exc_nodes,
	     int64_t begin_time, struct belay_error *err);
int job_cancel(void *state, const char *record, struct belay_error *err);

int nodes_load(void *state, const char *nodes, int64_t since_s,
	       struct node_evidence **out, unsigned *n,
	       struct belay_error *err);
int nodes_of_cluster(void *state);

int conf_load(struct slurm_state *s, struct belay_error *err);
int conf_kill_wait(void *state);

int64_t stats_passes(void *state);

#endif /* SLURM_CALLS_H */
