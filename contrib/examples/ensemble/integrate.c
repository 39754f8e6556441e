/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrate.c - a trajectory, in steps as long as the tolerance allows
 *
 * The same trajectory gives the same bytes on every machine with IEEE doubles:
 * only + - * / and sqrt() are used, which round as IEEE 754 says.  pow() does
 * not: its last bit may depend on the processor.  Use -ffp-contract=off.
 */

#include <math.h>
#include <string.h>

#include "integrate.h"

/* A step may grow and shrink by this much, and aims a little low. */
#define GROW   5.0
#define SHRINK 0.2
#define SAFETY 0.9

/* x^p for x > 0 and |p| < 1, good to four digits, which is plenty for the
 * choice of a step: x is taken apart as m 2^e, and series do the rest. */
static double rough_power(double x, double p)
{
	double z, z2, l, r;
	int e;

	z = frexp(x, &e);
	z = (z - 0.7071) / (z + 0.7071);
	z2 = z * z;
	l = p * (e - 0.5 + 2.885390 * z * (1 + z2 / 3 + z2 * z2 / 5));
	e = (int)floor(l + 0.5);
	r = (l - e) * 0.693147;
	return ldexp(1 + r * (1 + r / 2 * (1 + r / 3 * (1 + r / 4))), e);
}

/* The error as a share of what is tolerated: at most 1 is good. */
static double share_of(const struct problem *p, const double *from,
		       const double *to, const double *error)
{
	double scale, sum = 0;

	for (int i = 0; i < p->n; i++) {
		scale = p->tolerance * (p->small[i] +
					fmax(fabs(from[i]), fabs(to[i])));
		sum += error[i] / scale * (error[i] / scale);
	}
	return sqrt(sum / p->n);
}

/* The PI controller of Gustafsson: how the step should change, given this
 * step's share of the tolerance and the one's before. */
static double growth(int order, double share, double before)
{
	double g = SAFETY * rough_power(fmax(share, 1e-10), -0.7 / order) *
		   rough_power(before, 0.4 / order);

	return fmin(GROW, fmax(SHRINK, g));
}

/* A refused step says nothing about the next but its own length. */
static double reduction(int order, double share)
{
	if (!isfinite(share))
		return SHRINK;
	return fmax(SHRINK, SAFETY * rough_power(share, -1.0 / order));
}

/* Something to begin with: a hundredth of the time in which y would change by
 * its own size.  The controller corrects it within a few steps. */
static double first_step(const struct problem *p, const struct point *at)
{
	double rate = 1 / p->t_end;

	for (int i = 0; i < p->n; i++)
		rate = fmax(rate, fabs(at->f[i]) /
				  (p->small[i] + fabs(at->y[i])));
	return 0.01 / rate;
}

static void account(const struct problem *p, struct result *r, double h,
		    const struct point *from, const struct point *to,
		    const double *error)
{
	double worst = 0;

	for (int i = 0; i < p->n; i++) {
		r->mean[i] += h * (from->y[i] + to->y[i]) / 2 / p->t_end;
		worst = fmax(worst, fabs(error[i]));
	}
	r->local_error += worst;
	r->accepted++;
}

/* On the way: where and when, the next step's length, the last one's share. */
struct way {
	struct point at;
	double t, h, before;
};

/* One try at a step: taken, or refused and to be tried again shorter. */
static void try_step(const struct problem *p, struct way *way,
		     struct result *r)
{
	double left = p->t_end - way->t, share = INFINITY, error[MAX_N];
	bool last = 1.01 * way->h >= left;
	int order = p->method->error_order;
	struct point next;

	if (last)
		way->h = left;
	if (p->method->step(p, &way->at, way->h, &next, error))
		share = share_of(p, way->at.y, next.y, error);
	if (!(share <= 1)) {	/* that is, or not a number */
		r->rejected++;
		way->h *= reduction(order, share);
		return;
	}
	account(p, r, way->h, &way->at, &next, error);
	way->t = last ? p->t_end : way->t + way->h;
	way->h *= growth(order, share, way->before);
	way->before = fmax(share, 1e-4);
	way->at = next;
}

bool integrate(const struct problem *p, struct result *r)
{
	struct way way = { .before = 1 };

	memset(r, 0, sizeof(*r));
	memcpy(way.at.y, p->y0, sizeof(way.at.y));
	p->f(p, way.at.y, way.at.f);
	way.h = first_step(p, &way.at);
	while (way.t < p->t_end) {
		if (way.t + way.h == way.t)
			return false;
		try_step(p, &way, r);
	}
	memcpy(r->y, way.at.y, sizeof(r->y));
	return true;
}
