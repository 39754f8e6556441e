/* SPDX-License-Identifier: Apache-2.0 */
/* problems.c - the equations, and which of them trajectory K solves */

#include <stdint.h>

#include "integrate.h"

static void lorenz_f(const struct problem *p, const double *y, double *dy)
{
	dy[0] = 10 * (y[1] - y[0]);
	dy[1] = y[0] * (p->parameter - y[2]) - y[1];
	dy[2] = y[0] * y[1] - 8.0 / 3 * y[2];
}

const struct problem lorenz = {
	.name = "lorenz",
	.method = &dopri5,
	.n = 3,
	.parameter = 28,
	.y0 = { 1, 1, 1 },
	.t_end = 2500,
	.tolerance = 1e-10,
	.small = { 1, 1, 1 },
	.f = lorenz_f,
};

/* Time is scaled by mu, so that a period takes about 1.6 whatever mu is; the
 * parameter is 1 / mu^2. */
static void van_der_pol_f(const struct problem *p, const double *y, double *dy)
{
	dy[0] = y[1];
	dy[1] = ((1 - y[0] * y[0]) * y[1] - y[0]) / p->parameter;
}

static void van_der_pol_jacobian(const struct problem *p, const double *y,
				 double j[MAX_N][MAX_N])
{
	j[0][0] = 0;
	j[0][1] = 1;
	j[1][0] = (-2 * y[0] * y[1] - 1) / p->parameter;
	j[1][1] = (1 - y[0] * y[0]) / p->parameter;
}

const struct problem van_der_pol = {
	.name = "van-der-pol",
	.method = &rodas4,
	.n = 2,
	.parameter = 1e-6,
	.y0 = { 2, 0 },
	.t_end = 20,
	.tolerance = 1e-10,
	.small = { 1, 1 },
	.f = van_der_pol_f,
	.jacobian = van_der_pol_jacobian,
};

static void robertson_f(const struct problem *p, const double *y, double *dy)
{
	double slow = 0.04 * y[0], back = 1e4 * y[1] * y[2];
	double fast = p->parameter * y[1] * y[1];

	dy[0] = back - slow;
	dy[1] = slow - back - fast;
	dy[2] = fast;
}

static void robertson_jacobian(const struct problem *p, const double *y,
			       double j[MAX_N][MAX_N])
{
	double fast = 2 * p->parameter * y[1];

	j[0][0] = -0.04;
	j[0][1] = 1e4 * y[2];
	j[0][2] = 1e4 * y[1];
	j[1][0] = 0.04;
	j[1][1] = -1e4 * y[2] - fast;
	j[1][2] = -1e4 * y[1];
	j[2][0] = 0;
	j[2][1] = fast;
	j[2][2] = 0;
}

/* The second species never exceeds 4e-5, hence its own idea of small. */
const struct problem robertson = {
	.name = "robertson",
	.method = &rodas4,
	.n = 3,
	.parameter = 3e7,
	.y0 = { 1, 0, 0 },
	.t_end = 40,
	.tolerance = 1e-10,
	.small = { 1, 1e-4, 1 },
	.f = robertson_f,
	.jacobian = robertson_jacobian,
};

/* A number in [0, 1) that k alone decides: the mixer of splitmix64. */
static double fraction_of(uint64_t k)
{
	k += 0x9e3779b97f4a7c15;
	k = (k ^ (k >> 30)) * 0xbf58476d1ce4e5b9;
	k = (k ^ (k >> 27)) * 0x94d049bb133111eb;
	k ^= k >> 31;
	return (double)(k >> 11) / 9007199254740992.0;	/* 2^53 */
}

struct problem problem_of(unsigned long k)
{
	struct problem p = k % 2 ? van_der_pol : lorenz;

	if (k % 2)
		p.parameter *= 0.5 + fraction_of(k);
	else
		p.y0[0] += 1e-3 * fraction_of(k);
	return p;
}
