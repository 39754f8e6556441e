/* SPDX-License-Identifier: Apache-2.0 */
/* places.h - an attempt of a run, a handle in it, and a field to be saved */
#ifndef SUPPORT_PLACES_H
#define SUPPORT_PLACES_H

#include "tests/support/handles.h"

#define PLACES_N 100000

struct place {
	struct tmpdir *d;
	struct run *r;
	struct belay *b;
};

struct place places_enter(struct tmpdir *d);
/* The next attempt of the same run. */
void places_enter_again(struct place *p);
void places_leave(struct place *p);
/* One more handle; fails the test if it cannot be had. */
struct belay *places_open_rank(struct tmpdir *d, unsigned rank, unsigned ranks);

extern double places_field[PLACES_N];
/* Of two dimensions, called "field". */
struct belay_array places_array(void);
/* With from, from + 1, and so on. */
void places_fill(double from);
void places_protect(struct place *p);

#endif /* SUPPORT_PLACES_H */
