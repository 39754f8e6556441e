/* SPDX-License-Identifier: Apache-2.0 */
/* test_due.c - when a checkpoint is due */

#include <math.h>
#include <unistd.h>

#include "api/saves.h"
#include "fs/fs.h"
#include "tests/support/places.h"

static void test_one_is_due_by_time_or_chunks(void **state)
{
	struct place p = places_enter(*state);
	struct settings *s = &p.b->settings;

	*s = settings_default;
	s->interval_s = 1000;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->saves->since_ns -= 1001 * 1000000000ll;
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	places_protect(&p);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	s->interval_s = 0;
	s->interval_chunks = 3;
	p.b->n_done += 2;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->n_done++;
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	places_leave(&p);
}

static void test_one_is_due_when_it_is_asked_for(void **state)
{
	struct place p = places_enter(*state);
	int fd = run_attempt_dir(p.r, 1, &p.d->err);

	p.b->settings.interval_s = 1000;
	places_protect(&p);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	belay_request_checkpoint(p.b);
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);

	assert_int_equal(fs_publish(fd, "ask-checkpoint.0001", "", 0, NULL), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->saves->looked_ns -= 1000000000;	/* a second later */
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	p.b->saves->looked_ns -= 1000000000;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	close(fd);
	places_leave(&p);
}

/* The exact cost of Daly's model, minimised by hand. */
static double best_by_search(double cost, double mtbf)
{
	double best = 0, least = 1e300;

	for (double t = cost / 100; t < 20 * mtbf; t *= 1.0005) {
		double lost = mtbf * (exp((t + cost) / mtbf) - 1) / t;

		if (lost < least) {
			least = lost;
			best = t;
		}
	}
	return best;
}

static void test_the_interval_is_that_of_daly(void **state)
{
	static const struct { double cost, mtbf; } cases[] = {
		{ 1, 86400 }, { 60, 3600 }, { 300, 86400 }, { 600, 3600 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		double got = api_daly(cases[i].cost, cases[i].mtbf),
		       best = best_by_search(cases[i].cost, cases[i].mtbf);

		assert_true(fabs(got - best) < 0.01 * best);
	}
	assert_true(fabs(api_daly(60, 3600) - 617.88) < 0.01);
	assert_true(api_daly(1000, 400) == 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_one_is_due_by_time_or_chunks),
		TEST_IN_TMPDIR(test_one_is_due_when_it_is_asked_for),
		cmocka_unit_test(test_the_interval_is_that_of_daly),
	};

	return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}
