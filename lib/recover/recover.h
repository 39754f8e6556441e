/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.h - from a decision to what Slurm is asked to do
 *
 * plan_make is pure; plan_carry_out is idempotent: carried out twice, or by
 * two nodes at once, it has the effect of once.
 */
#ifndef RECOVER_RECOVER_H
#define RECOVER_RECOVER_H

#include "decide/decide.h"
#include "recover/sched.h"

struct plan {
	enum { PLAN_NOTHING, PLAN_REQUEUE, PLAN_REQUEUE_HELD, PLAN_HOLD,
	       PLAN_CANCEL, PLAN_ADJUST /* pending already: update only */
	} what;
	char *exc_nodes;	/* the new list, NULL: leave alone */
	int64_t begin_time;	/* 0: leave alone */
	bool maybe_sooner;	/* begin_time waits for the other nodes only */
	char why_not[160];	/* of PLAN_NOTHING */
};

struct plan_input {
	const struct decision *decision;
	const struct job_view *job;
	const char *added_before;	/* to exc_nodes, by belay */
	/* Of the attempt, if known: who is down or drained is not among
	 * cluster_nodes. */
	const struct node_evidence *nodes;
	unsigned n_nodes;
	int64_t now;			/* seconds */
	int64_t decided;		/* seconds */
	int kill_wait;			/* seconds */
	int cluster_nodes;		/* 0 unknown */
	bool last_completing;		/* no other node completes */
	bool runs_again;		/* Slurm has started the next attempt */
};

/* The least distance between now and a StartTime, seconds: a credential of the
 * same second as the kill makes Slurm cancel the job. */
#define PLAN_MIN_DELAY 3

/* Slurm's own delay after a requeue, unless an admin changed cred_expire.  A
 * later StartTime than belay or this explains is a person's. */
#define PLAN_SLURM_DELAY 121

/*
 * The StartTime of a job that was held for a decision of that second, unless it
 * was carried out late.  It is set with the hold in one call, so who finds it
 * later, on a job that runs, knows that a person has let it go on, also when
 * the agent did not live to write down what it had done.
 */
int64_t plan_hold_start(int64_t decided, int kill_wait);

int plan_make(const struct plan_input *in, struct plan *p,
	      struct belay_error *err);
void plan_fini(struct plan *p);
int plan_carry_out(const struct plan *p, const struct sched *s,
		   const struct job_view *job, struct belay_error *err);
/* "requeue, exclude n1, start at 2026-11-23T14:03:22Z", or "by" if the end of
 * the other nodes may make it sooner; for events and logs. */
void plan_line(const struct plan *p, char out[256]);

#endif /* RECOVER_RECOVER_H */
