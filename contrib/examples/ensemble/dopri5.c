/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dopri5.c - the explicit method of Dormand and Prince, order 5(4)
 *
 * J. R. Dormand, P. J. Prince: A family of embedded Runge-Kutta formulae,
 * J. Comput. Appl. Math. 6 (1980).  The last stage is the first of the next
 * step, so a step costs six evaluations.
 */

#include "integrate.h"

#define STAGES 7

static const double a[STAGES][STAGES - 1] = {
	{ 0 },
	{ 1.0 / 5 },
	{ 3.0 / 40, 9.0 / 40 },
	{ 44.0 / 45, -56.0 / 15, 32.0 / 9 },
	{ 19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729 },
	{ 9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176,
	  -5103.0 / 18656 },
	{ 35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784,
	  11.0 / 84 },
};

/* The solution of order 5 minus the embedded one of order 4. */
static const double e[STAGES] = {
	71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200,
	22.0 / 525, -1.0 / 40,
};

static bool dopri5_step(const struct problem *p, const struct point *from,
			double h, struct point *to, double *error)
{
	double k[STAGES][MAX_N], sum;

	for (int i = 0; i < p->n; i++)
		k[0][i] = from->f[i];
	for (int s = 1; s < STAGES; s++) {
		for (int i = 0; i < p->n; i++) {
			sum = 0;
			for (int j = 0; j < s; j++)
				sum += a[s][j] * k[j][i];
			to->y[i] = from->y[i] + h * sum;
		}
		p->f(p, to->y, k[s]);
	}
	for (int i = 0; i < p->n; i++) {
		to->f[i] = k[STAGES - 1][i];
		sum = 0;
		for (int j = 0; j < STAGES; j++)
			sum += e[j] * k[j][i];
		error[i] = h * sum;
	}
	return true;
}

const struct method dopri5 = {
	.name = "dopri5",
	.error_order = 5,
	.step = dopri5_step,
};
