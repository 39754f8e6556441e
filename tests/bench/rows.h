/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - a row of `make bench`: ours beside another, in turns
 *
 * Prints what, ours, the unit, beside whom, theirs, and how many times ours
 * theirs is: medians over the rounds, and the least and the greatest ratio.  The
 * same as a line of JSON at the end of the file that BENCH_JSON names, if any.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#define ROUNDS_MAX 32

struct row {
	int rounds;
	double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
};

/* more: greater is better (a speed), so the ratio is ours to theirs. */
void row_print(const char *what, const char *unit, const char *beside,
	       int more, const struct row *r);

#endif /* BENCH_ROWS_H */
