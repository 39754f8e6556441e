/* SPDX-License-Identifier: Apache-2.0 */
/* history.h - what a run has been through, as a decision asks for it */
#ifndef DISPATCH_HISTORY_H
#define DISPATCH_HISTORY_H

#include "decide/decide.h"
#include "run/run.h"

/* struct decided has one number: this delay is Slurm's own. */
#define DELAY_SLURM (-1)

struct history {
	struct past *past;	/* decided about, oldest first, since the last
				 * time that a person let the run go on */
	unsigned n_past, resumed;	/* after which attempt, or 0 */
	unsigned lost;		/* earlier starts of the first attempt's job */
	struct past now;
	struct left_out *left_out;
	unsigned n_left_out;
	bool ever_progress, checkpoint_good, checkpoint_any;
};

/* The history before attempt n, which has an end. */
int history_read(struct run *r, unsigned n, struct history *h,
		 struct belay_error *err);
void history_fini(struct history *h);

/* As far as history answers it; points into h. */
struct question history_question(const struct history *h);

#endif /* DISPATCH_HISTORY_H */
