/* SPDX-License-Identifier: Apache-2.0 */
/* test_told.c - those who record are told what the policy says */

#include <math.h>
#include <stdio.h>

#include "dispatch/settings.h"
#include "tests/unit/dispatch/world.h"

#define DAY 86400.0

static void test_begin_tells_the_settings_of_the_policy(void **state)
{
	struct world *w = *state;
	const struct settings *s;
	struct run *r;

	world_policy(w, "version: 1\nchunks: {max_attempts: 6, timeout: 2m}\n"
			"checkpoint: {interval: 10m, keep: 7, keep_every: 1d,\n"
			"  compress: none, verify: true, on_full: pause}\n");
	assert_ok(world_begin(w), &w->err);
	r = world_run(w);
	s = &run_attempt(r, 1)->begin->settings;
	assert_true(s->interval_s == 600 && !s->interval_chunks);
	assert_int_equal(s->keep, 7);
	assert_true(s->keep_every_s == DAY);
	assert_int_equal(s->compress, 0);
	assert_true(s->verify);
	assert_int_equal(s->on_full, ON_FULL_PAUSE);
	assert_int_equal(s->chunk_attempts, 6);
	assert_true(s->chunk_timeout_s == 120);
	assert_true(s->mtbf_s == 45 * DAY / 2);		/* n1 and n2 */
	run_close(r);
}

static struct attempt lasted(struct begin *b, struct end *e, int64_t seconds,
			     const char *cause)
{
	*b = (struct begin){ .begin_us = 1000000 };
	*e = (struct end){ .end_us = 1000000 + seconds * 1000000 };
	snprintf(e->cause, sizeof(e->cause), "%s", cause);
	return (struct attempt){ .begin = b, .end = e };
}

static void test_the_failure_rate_is_learnt_from_the_run(void **state)
{
	struct begin b[4];
	struct end e[4];
	struct attempt a[] = {
		lasted(&b[0], &e[0], 3600, "node_fail"),
		lasted(&b[1], &e[1], 7200, "time_slice"),
		lasted(&b[2], &e[2], 1800, "signaled"),
		lasted(&b[3], &e[3], -50, "cancelled"),	/* a clock went back */
	};
	struct run r = { .attempts = a, .n_attempts = 4 };
	struct policy p;
	struct settings s;

	(void)state;
	assert_int_equal(policy_preset("standard", &p, NULL), 0);
	settings_of_policy(&p, &r, "n[1-45]", &s);
	assert_true(fabs(s.mtbf_s - (DAY + 12600) / 3) < 1e-6);
	r.n_attempts = 0;
	settings_of_policy(&p, &r, "n1", &s);
	assert_true(s.mtbf_s == 45 * DAY);
	assert_true(s.interval_s == 0 && s.interval_chunks == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_begin_tells_the_settings_of_the_policy),
		cmocka_unit_test(test_the_failure_rate_is_learnt_from_the_run),
	};

	return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
