/* SPDX-License-Identifier: Apache-2.0 */
/* test_ensemble.c - the example's methods are of the order they claim */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "integrate.h"

/* The largest error of r, as a share of what each component should be. */
static double error_of(const struct problem *p, const double *y,
		       const double *want)
{
	double worst = 0;

	for (int i = 0; i < p->n; i++)
		worst = fmax(worst, fabs(y[i] - want[i]) / fabs(want[i]));
	return worst;
}

static double error_at(const struct problem *model, double t_end,
		       double tolerance, const double *want)
{
	struct problem p = *model;
	struct result r;

	p.t_end = t_end;
	p.tolerance = tolerance;
	assert_true(integrate(&p, &r));
	return error_of(&p, r.y, want);
}

/* Where the literature, or arithmetic of 30 digits, says that they end. */
static const struct reference {
	const char *from;
	const struct problem *problem;
	double t_end, y[MAX_N];
	double tolerance, error;	/* asked for; allowed at the end */
} references[] = {
	{ "Taylor series in 30 digits", &lorenz, 5,
	  { -6.512113699419599047, -6.9740427884170761343,
	    23.924129572103370351 }, 1e-12, 1e-9 },
	{ "Test Set for IVP Solvers, VDPOL", &van_der_pol, 2,
	  { 0.1706167732170483e1, -0.8928097010247975 }, 1e-11, 1e-8 },
	{ "CVODE's cvRoberts_dns, five digits", &robertson, 40,
	  { 7.1583e-01, 9.1855e-06, 2.8416e-01 }, 1e-10, 2e-5 },
	{ "Test Set for IVP Solvers, ROBER", &robertson, 1e11,
	  { 0.2083340149701255e-7, 0.8333360770334713e-13,
	    0.9999999791665050 }, 1e-10, 1e-4 },
};

static void test_ends_where_the_literature_says(void **state)
{
	const struct reference *ref = references;
	double error;

	(void)state;
	for (; ref < references + sizeof(references) / sizeof(*ref); ref++) {
		error = error_at(ref->problem, ref->t_end, ref->tolerance,
				 ref->y);
		if (error > ref->error)
			fail_msg("%s at %g: %g off (%s)", ref->problem->name,
				 ref->t_end, error, ref->from);
	}
}

static void test_a_smaller_tolerance_is_a_smaller_error(void **state)
{
	double error, before;

	(void)state;
	for (int i = 0; i < 2; i++) {
		before = INFINITY;
		for (double e = 1e-5; e > 1e-11; e /= 10) {
			error = error_at(references[i].problem,
					 references[i].t_end, e,
					 references[i].y);
			if (error > before / 2)
				fail_msg("%s: %g at tolerance %g, %g before",
					 references[i].problem->name, error, e,
					 before);
			before = error;
		}
	}
}

/* The end after so many equal steps. */
static struct point in_steps(const struct problem *p, int steps)
{
	double error[MAX_N];
	struct point at, next;

	memcpy(at.y, p->y0, sizeof(at.y));
	p->f(p, at.y, at.f);
	for (int i = 0; i < steps; i++) {
		assert_true(p->method->step(p, &at, p->t_end / steps, &next,
					    error));
		at = next;
	}
	return at;
}

static void test_half_the_step_is_the_error_by_the_order(void **state)
{
	static const struct {
		const struct problem *problem;
		double parameter, t_end;
		int steps, order;
	} cases[] = {
		{ &lorenz, 28, 1, 200, 5 },
		{ &van_der_pol, 1, 1, 50, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem p = *cases[i].problem;
		struct point exact, coarse, fine;
		double order;

		p.parameter = cases[i].parameter;
		p.t_end = cases[i].t_end;
		coarse = in_steps(&p, cases[i].steps);
		fine = in_steps(&p, 2 * cases[i].steps);
		exact = in_steps(&p, 16 * cases[i].steps);
		order = log2(error_of(&p, coarse.y, exact.y) /
			     error_of(&p, fine.y, exact.y));
		if (fabs(order - cases[i].order) > 0.2)
			fail_msg("%s: order %g", p.method->name, order);
	}
}

static void test_the_stiff_method_outsteps_the_stiffness(void **state)
{
	struct problem p = van_der_pol;
	struct result r;

	(void)state;
	p.t_end = 0.5;		/* before the first jump: all slow */
	p.tolerance = 1e-6;
	assert_true(integrate(&p, &r));
	/* An explicit method needs about p.t_end / p.parameter = 500 000. */
	assert_in_range(r.accepted, 1, 200);
}

static void test_a_trajectory_is_its_number(void **state)
{
	struct result r[2], other;
	struct problem p;

	(void)state;
	for (unsigned long k = 0; k < 4; k++) {
		for (int i = 0; i < 2; i++) {
			p = problem_of(k);
			p.t_end = 1;
			assert_true(integrate(&p, &r[i]));
		}
		assert_memory_equal(&r[0], &r[1], sizeof(r[0]));
		p = problem_of(k + 2);
		p.t_end = 1;
		assert_true(integrate(&p, &other));
		assert_memory_not_equal(&r[0], &other, sizeof(other));
	}
}

static void explode(const struct problem *p, const double *y, double *dy)
{
	(void)p;
	dy[0] = y[0] * y[0];
}

static void test_a_solution_without_a_future_is_given_up(void **state)
{
	struct problem p = {
		.name = "explosion", .method = &dopri5, .n = 1, .y0 = { 1 },
		.t_end = 2, .tolerance = 1e-8, .small = { 1 }, .f = explode,
	};
	struct result r;

	(void)state;
	assert_false(integrate(&p, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_where_the_literature_says),
		cmocka_unit_test(test_a_smaller_tolerance_is_a_smaller_error),
		cmocka_unit_test(test_half_the_step_is_the_error_by_the_order),
		cmocka_unit_test(test_the_stiff_method_outsteps_the_stiffness),
		cmocka_unit_test(test_a_trajectory_is_its_number),
		cmocka_unit_test(test_a_solution_without_a_future_is_given_up),
	};

	return cmocka_run_group_tests_name("ensemble", tests, NULL, NULL);
}
