/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquest.h - why an attempt ended, and what follows
 *
 * Begin, end and after hold the same inquest, each with what it has seen.
 * Cause and decision are published once: who comes later reads what stands,
 * so every node that asks gets the same answer.
 */
#ifndef DISPATCH_INQUEST_H
#define DISPATCH_INQUEST_H

#include "decide/decide.h"
#include "dispatch/dispatch.h"
#include "policy/policy.h"

struct inquest {
	const struct moment *moment;
	const struct sched *sched;
	const char *by;			/* the moment that holds it */
	struct run *run;
	unsigned attempt;		/* the one that ended */
	struct job_view job;		/* Slurm's view of its job */
	bool job_known;
	struct node_evidence *nodes;	/* of the attempt, if they were asked */
	unsigned n_nodes;
	bool seen_end;			/* moment->wait_status holds */
	bool later_attempt;		/* asked by the attempt after it */
	bool needs_slurm;		/* rather fail than go without its word */
};

/* Afterwards the attempt has an end and a decision. */
int inquest_hold(struct inquest *q, struct belay_error *err);
void inquest_fini(struct inquest *q);	/* job and nodes; not the run */
/* Forget the view of the job, to look anew. */
void inquest_drop_job(struct inquest *q);

/* The attempt asked about; run_reload() moves it. */
struct attempt *inquest_attempt(const struct inquest *q);

/* -1: what was asked about began late, and so does not count. */
int inquest_refuse_late(unsigned attempt, struct belay_error *err);

/* The policy of the job.  1: it cannot be read, p is its preset and err says
 * why. */
int moment_policy(const struct moment *m, struct policy *p,
		  struct belay_error *err);

#endif /* DISPATCH_INQUEST_H */
