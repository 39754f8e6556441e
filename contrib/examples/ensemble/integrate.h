/* SPDX-License-Identifier: Apache-2.0 */
/* integrate.h - a trajectory, in steps as long as the tolerance allows */
#ifndef INTEGRATE_H
#define INTEGRATE_H

#include "problems.h"

/* What a trajectory came to. */
struct result {
	double y[MAX_N];	/* where it was at the end */
	double mean[MAX_N];	/* where it was on average, over time */
	double local_error;	/* largest component, summed over all steps */
	unsigned long accepted, rejected;
};

/* Where a trajectory is, and where it is going. */
struct point {
	double y[MAX_N], f[MAX_N];
};

/* One step of length h: the next point, and by how much it may be wrong.
 * False if the step cannot be taken at all and a shorter one may be. */
typedef bool step_fn(const struct problem *p, const struct point *from,
		     double h, struct point *to, double *error);

struct method {
	const char *name;
	int error_order;	/* of the embedded solution, plus one */
	step_fn *step;
};

extern const struct method dopri5;	/* for what is smooth */
extern const struct method rodas4;	/* for what is stiff */

/* From p->y0 at time 0 to p->t_end, with p->tolerance in every step; false if
 * the steps have become too short to make a difference. */
bool integrate(const struct problem *p, struct result *r);

#endif /* INTEGRATE_H */
