/* SPDX-License-Identifier: Apache-2.0 */
/* places.c - an attempt of a run, a handle in it, and a field to be saved */

#include "tests/support/places.h"
#include "tests/support/runs.h"

double places_field[PLACES_N];

struct belay *places_open_rank(struct tmpdir *d, unsigned rank, unsigned ranks)
{
	struct belay_options o = BELAY_OPTIONS_INIT;
	struct belay *b;

	o.rank = rank;
	o.ranks = ranks;
	b = belay_open(&o, &d->err);
	if (!b)
		fail_msg("%s", d->err.text);
	return b;
}

struct place places_enter(struct tmpdir *d)
{
	struct place p = { .d = d, .r = testrun_open(d) };

	handles_enter(p.r, testrun_begin(p.r, d));
	p.b = places_open_rank(d, 0, 1);
	return p;
}

void places_enter_again(struct place *p)
{
	static const uint64_t seen[] = { 1, 2 };

	assert_ok(belay_close(p->b, 1, &p->d->err), &p->d->err);
	testrun_end(p->r, run_newest_number(p->r), "failed", "", p->d);
	handles_enter(p->r, runs_begin(p->r, seen, 2));
	p->b = places_open_rank(p->d, 0, 1);
}

void places_leave(struct place *p)
{
	assert_ok(belay_close(p->b, 0, &p->d->err), &p->d->err);
	run_close(p->r);
}

struct belay_array places_array(void)
{
	static const uint64_t shape[] = { PLACES_N / 100, 100 };

	return (struct belay_array){ .name = "field", .type = BELAY_F64,
				     .dims = 2, .shape = shape,
				     .data = places_field };
}

void places_fill(double from)
{
	for (int i = 0; i < PLACES_N; i++)
		places_field[i] = from + i;
}

void places_protect(struct place *p)
{
	struct belay_array a = places_array();

	assert_ok(belay_protect(p->b, "field", &a, &p->d->err), &p->d->err);
}
