/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rodas4.c - the Rosenbrock method RODAS, order 4(3), for stiff equations
 *
 * E. Hairer, G. Wanner: Solving Ordinary Differential Equations II, section
 * IV.7.  L-stable and stiffly accurate.  Six stages share one factorization of
 * (1 / (gamma h)) I - J; nothing is iterated.  The right hand side must not
 * depend on the time, and the Jacobian must be exact.
 */

#include <math.h>

#include "integrate.h"

#define STAGES 6
#define GAMMA  0.25

static const double a[STAGES][STAGES - 1] = {
	{ 0 },
	{ 1.544 },
	{ 0.9466785280815826, 0.2557011698983284 },
	{ 3.314825187068521, 2.896124015972201, 0.9986419139977817 },
	{ 1.221224509226641, 6.019134481288629, 12.53708332932087,
	  -0.6878860361058950 },
	{ 1.221224509226641, 6.019134481288629, 12.53708332932087,
	  -0.6878860361058950, 1 },
};

static const double c[STAGES][STAGES - 1] = {
	{ 0 },
	{ -5.6688 },
	{ -2.430093356833875, -0.2063599157091915 },
	{ -0.1073529058151375, -9.594562251023355, -20.47028614809616 },
	{ 7.496443313967647, -10.24680431464352, -33.99990352819905,
	  11.70890893206160 },
	{ 8.083246795921522, -7.981132988064893, -31.52159432874371,
	  16.31930543123136, -6.058818238834054 },
};

static void swap(double *x, double *y)
{
	double was = *x;

	*x = *y;
	*y = was;
}

static int largest_below(int n, double m[MAX_N][MAX_N], int column)
{
	int best = column;

	for (int i = column + 1; i < n; i++)
		if (fabs(m[i][column]) > fabs(m[best][column]))
			best = i;
	return best;
}

/* M = P L U in place; false if M is singular or not finite. */
static bool factorize(int n, double m[MAX_N][MAX_N], int *pivot)
{
	for (int k = 0; k < n; k++) {
		pivot[k] = largest_below(n, m, k);
		for (int j = 0; j < n; j++)
			swap(&m[k][j], &m[pivot[k]][j]);
		if (m[k][k] == 0 || !isfinite(m[k][k]))
			return false;
		for (int i = k + 1; i < n; i++) {
			m[i][k] /= m[k][k];
			for (int j = k + 1; j < n; j++)
				m[i][j] -= m[i][k] * m[k][j];
		}
	}
	return true;
}

static void solve(int n, double lu[MAX_N][MAX_N], const int *pivot, double *x)
{
	for (int k = 0; k < n; k++)
		swap(&x[k], &x[pivot[k]]);
	for (int i = 1; i < n; i++)
		for (int j = 0; j < i; j++)
			x[i] -= lu[i][j] * x[j];
	for (int i = n - 1; i >= 0; i--) {
		for (int j = i + 1; j < n; j++)
			x[i] -= lu[i][j] * x[j];
		x[i] /= lu[i][i];
	}
}

static bool prepare(const struct problem *p, const double *y, double h,
		    double m[MAX_N][MAX_N], int *pivot)
{
	p->jacobian(p, y, m);
	for (int i = 0; i < p->n; i++) {
		for (int j = 0; j < p->n; j++)
			m[i][j] = -m[i][j];
		m[i][i] += 1 / (GAMMA * h);
	}
	return factorize(p->n, m, pivot);
}

/* from + the stages before s, weighted. */
static void combine(int n, const double *from, double u[STAGES][MAX_N],
		    const double *weights, int s, double *to)
{
	for (int i = 0; i < n; i++) {
		to[i] = from[i];
		for (int j = 0; j < s; j++)
			to[i] += weights[j] * u[j][i];
	}
}

static bool rodas4_step(const struct problem *p, const struct point *from,
			double h, struct point *to, double *error)
{
	static const double zero[MAX_N];
	double m[MAX_N][MAX_N], u[STAGES][MAX_N], f[MAX_N];
	int pivot[MAX_N];

	if (!prepare(p, from->y, h, m, pivot))
		return false;
	for (int s = 0; s < STAGES; s++) {
		combine(p->n, from->y, u, a[s], s, to->y);
		p->f(p, to->y, f);
		combine(p->n, zero, u, c[s], s, u[s]);
		for (int i = 0; i < p->n; i++)
			u[s][i] = f[i] + u[s][i] / h;
		solve(p->n, m, pivot, u[s]);
	}
	/* Stiffly accurate: the last stage is the correction and the error. */
	for (int i = 0; i < p->n; i++) {
		error[i] = u[STAGES - 1][i];
		to->y[i] += error[i];
	}
	p->f(p, to->y, to->f);
	return true;
}

const struct method rodas4 = {
	.name = "rodas4",
	.error_order = 4,
	.step = rodas4_step,
};
