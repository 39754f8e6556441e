/* SPDX-License-Identifier: Apache-2.0 */
/* act.h - ask Slurm for what was decided, and write down that it was done */
#ifndef DISPATCH_ACT_H
#define DISPATCH_ACT_H

#include "dispatch/inquest.h"

struct act {
	struct inquest *inquest;
	unsigned journal_of;	/* the attempt whose journal says so; 0: none */
	int64_t now;		/* what a delay is counted from, seconds */
	bool last_completing;
	bool asked;		/* out: Slurm was asked for something */
};

/* Carry the decision out, record it, and say it in a line.  Idempotent. */
int act_carry_out(struct act *a, struct buf *say,
		  struct belay_error *err);
/* The same of a decision that is nobody's but ours: not published. */
int act_on(struct act *a, const struct decision *d, struct buf *say,
	   struct belay_error *err);

/* Was the decision about attempt n carried out?  The attempt itself says so,
 * or a later one that was claimed just to do it. */
bool act_was_done(struct run *r, unsigned n);
/* Did a begin behind attempt n stop the run?  Whoever asks it again is there
 * because a person has let it go on. */
bool act_stopped_begin(struct run *r, unsigned n);

/* Does the attempt's decision start the run again? */
bool act_restarts(const struct attempt *a);
/* Does it end the run, unless a person lets it go on? */
bool act_stops(const struct attempt *a);

#endif /* DISPATCH_ACT_H */
