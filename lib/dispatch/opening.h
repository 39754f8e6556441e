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
	bool looked;	/* at the previous one: it has stopped */
	int64_t claimed_ns;
	bool let_go;	/* it was stopped, and a person lets it go on */
	struct begin begin;
};

/* The attempt before this one, or NULL: also when it turns out that it came
 * late, which is to be asked after each run_reload(). */
struct attempt *opening_previous(const struct opening *o);

/* claim.c: look, then claim a number: o->number, and o->previous for the one
 * before.  BELAY_EBUSY or BELAY_EFENCED when that must not be. */
int opening_claim(struct opening *o, struct belay_error *err);
/* What was claimed cannot begin: -1 as above, with the winner's name.  0: it was
 * begun after all. */
int opening_heed_void(struct opening *o, struct belay_error *err);

/* start.c: what Slurm says of this job now. */
void opening_ask(struct opening *o);
/* Has Slurm started this job anew since this start?  BELAY_EFENCED; with
 * ECANCELED when the script had better not run at all. */
int opening_check_start(const struct opening *o, struct belay_error *err);

/* holder.c: may this job have the run, as it is loaded?  BELAY_EBUSY when
 * another job holds it, and then this one is requeued and held. */
int opening_check_holder(struct opening *o, struct belay_error *err);
/* Leave the run to b: -1 with BELAY_EBUSY, this job is requeued and held. */
int opening_yield_to(struct opening *o, const struct begin *b,
		     struct belay_error *err);

/* previous.c: see to it that the attempt before has an end and a decision, and
 * do not begin if that is what was decided. */
int opening_heed_previous(struct opening *o, struct belay_error *err);
/* Do not begin: carry out what was decided about the attempt before, or this.
 * -1, with the reason. */
int opening_stop(struct opening *o, const struct decision *instead,
		 struct belay_error *err);

#endif /* DISPATCH_OPENING_H */
