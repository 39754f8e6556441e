/* SPDX-License-Identifier: Apache-2.0 */
/* opening.h - an attempt on its way from a job to a begin.json; see begin.c */
#ifndef DISPATCH_OPENING_H
#define DISPATCH_OPENING_H

#include "decide/decide.h"
#include "dispatch/dispatch.h"
#include "policy/policy.h"

struct opening {
	const struct moment *m;
	const struct sched *s;
	struct buf *say;
	struct run *run;
	struct policy policy;
	struct job_view job, other;	/* ours; of the run's last attempt */
	bool job_known, other_known, fresh;
	struct node_evidence *nodes;	/* of the attempt before, if asked */
	unsigned n_nodes;
	unsigned number, previous;	/* previous 0: this is the first */
	unsigned looked_at;	/* the attempt whose holder was asked for */
	int64_t claimed_ns;
	bool let_go;	/* it was stopped, and a person lets it go on */
	struct begin begin;
};

/* The attempt before this one, or NULL. */
struct attempt *opening_previous(const struct opening *o);

/* start.c: has Slurm started this job anew since this start?  BELAY_EFENCED;
 * with ECANCELED when the script had better not run at all. */
int opening_check_start(const struct opening *o, struct belay_error *err);

/* holder.c: may this job have the run, as it is loaded?  BELAY_EBUSY when
 * another job holds it, and then this one is requeued and held. */
int opening_check_holder(struct opening *o, struct belay_error *err);
/* Of two jobs that saw it free at once the later claim has it: BELAY_EFENCED,
 * and then this one is requeued and held. */
int opening_check_fence(struct opening *o, struct belay_error *err);

/* previous.c: see to it that the attempt before has an end and a decision, and
 * do not begin if that is what was decided. */
int opening_heed_previous(struct opening *o, struct belay_error *err);
/* Do not begin: carry out what was decided about the attempt before, or this.
 * -1, with the reason. */
int opening_stop(struct opening *o, const struct decision *instead,
		 struct belay_error *err);

#endif /* DISPATCH_OPENING_H */
