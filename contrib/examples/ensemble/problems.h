/* SPDX-License-Identifier: Apache-2.0 */
/* problems.h - the equations, and which of them trajectory K solves */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>

#define MAX_N 3

struct method;

/* y' = f(y), from y0 at time 0 to t_end. */
struct problem {
	const char *name;
	const struct method *method;
	int n;
	double parameter;
	double y0[MAX_N];
	double t_end;
	double tolerance;	/* relative, in every component */
	double small[MAX_N];	/* below this a component counts as zero */
	void (*f)(const struct problem *p, const double *y, double *dy);
	void (*jacobian)(const struct problem *p, const double *y,
			 double j[MAX_N][MAX_N]);
};

/* The chaotic one: x' = 10 (y - x), y' = x (r - z) - y, z' = x y - 8/3 z. */
extern const struct problem lorenz;

/* The stiff ones, each at the parameters of the literature. */
extern const struct problem van_der_pol;
extern const struct problem robertson;

/* Trajectory k of the ensemble: Lorenz from a start of its own if k is even,
 * van der Pol with a stiffness of its own if it is odd.  Depends on k only. */
struct problem problem_of(unsigned long k);

#endif /* PROBLEMS_H */
