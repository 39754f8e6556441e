/* SPDX-License-Identifier: Apache-2.0 */
/* test_carry_out.c - the order of calls, races with others, and going away */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "recover/recover.h"
#include "tests/support/test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A scheduler that writes down what it is asked for and says what it is told
 * to: an errno for each call by name, 0 for success, EPERM for a final no. */
struct fake {
	int requeue, hold, cancel, update;
	char calls[256];
};

static int answer(struct fake *f, int sys, const char *what, const char *record,
		  const char *more, struct belay_error *err)
{
	size_t len = strlen(f->calls);

	snprintf(f->calls + len, sizeof(f->calls) - len, "%s%s %s%s",
		 len ? "; " : "", what, record, more);
	if (!sys)
		return 0;
	err_set(err, BELAY_EFAILED, "cannot %s job '%s'", what, record);
	err->sys = sys;
	return -1;
}

static int fake_requeue(void *state, const char *record, bool hold,
			struct belay_error *err)
{
	struct fake *f = state;

	return answer(f, f->requeue, "requeue", record, hold ? " held" : "",
		      err);
}

static int fake_update(void *state, const char *record, const char *exc_nodes,
		       int64_t begin_time, struct belay_error *err)
{
	struct fake *f = state;
	char more[64];

	snprintf(more, sizeof(more), " [%s] %lld", exc_nodes ? exc_nodes : "-",
		 (long long)begin_time);
	return answer(f, f->update, "update", record, more, err);
}

static int fake_hold(void *state, const char *record, const char *exc_nodes,
		     int64_t begin_time, struct belay_error *err)
{
	struct fake *f = state;
	char more[64];

	snprintf(more, sizeof(more), " [%s] %lld", exc_nodes ? exc_nodes : "-",
		 (long long)begin_time);
	return answer(f, f->hold, "hold", record, more, err);
}

static int fake_cancel(void *state, const char *record,
		       struct belay_error *err)
{
	struct fake *f = state;

	return answer(f, f->cancel, "cancel", record, "", err);
}

static char n2[] = "n2", none[] = "";

static const struct {
	struct fake says;
	struct plan p;
	const char *calls, *error;	/* NULL: success */
} cases[] = {
	{ { 0 }, { .what = PLAN_NOTHING }, "", NULL },
	{ { 0 }, { .what = PLAN_REQUEUE, .exc_nodes = n2, .begin_time = 77 },
	  "requeue 10_3; update 10_3 [n2] 77", NULL },
	{ { 0 }, { .what = PLAN_REQUEUE, .begin_time = 77 },
	  "requeue 10_3; update 10_3 [-] 77", NULL },
	{ { 0 }, { .what = PLAN_REQUEUE }, "requeue 10_3", NULL },
	{ { 0 }, { .what = PLAN_REQUEUE_HELD, .exc_nodes = none,
		   .begin_time = 77 },
	  "requeue 10_3; hold 10_3 [] 77", NULL },
	{ { 0 }, { .what = PLAN_HOLD, .begin_time = 77 },
	  "hold 10_3 [-] 77", NULL },
	{ { 0 }, { .what = PLAN_CANCEL }, "cancel 10_3", NULL },
	{ { 0 }, { .what = PLAN_ADJUST, .begin_time = 77 },
	  "update 10_3 [-] 77", NULL },

	/* somebody was faster */
	{ { .requeue = EALREADY },
	  { .what = PLAN_REQUEUE, .exc_nodes = n2, .begin_time = 77 },
	  "requeue 10_3; update 10_3 [n2] 77", NULL },
	{ { .requeue = EALREADY, .update = EALREADY },
	  { .what = PLAN_REQUEUE, .begin_time = 77 },
	  "requeue 10_3; update 10_3 [-] 77", NULL },
	{ { .requeue = EALREADY }, { .what = PLAN_REQUEUE_HELD },
	  "requeue 10_3; hold 10_3 [-] 0", NULL },
	{ { .requeue = EALREADY, .hold = EALREADY },
	  { .what = PLAN_REQUEUE_HELD }, "requeue 10_3; hold 10_3 [-] 0", NULL },
	{ { .hold = EALREADY }, { .what = PLAN_HOLD }, "hold 10_3 [-] 0", NULL },
	{ { .cancel = EALREADY }, { .what = PLAN_CANCEL }, "cancel 10_3",
	  NULL },
	{ { .update = EALREADY }, { .what = PLAN_ADJUST, .begin_time = 77 },
	  "update 10_3 [-] 77", NULL },

	/* it does not go any further than it came */
	{ { .requeue = EAGAIN }, { .what = PLAN_REQUEUE, .begin_time = 77 },
	  "requeue 10_3", "cannot requeue job '10_3'" },
	{ { .requeue = EPERM }, { .what = PLAN_REQUEUE_HELD },
	  "requeue 10_3", "cannot requeue job '10_3'" },
	{ { .requeue = EALREADY, .hold = EAGAIN },
	  { .what = PLAN_REQUEUE_HELD, .exc_nodes = n2 },
	  "requeue 10_3; hold 10_3 [n2] 0", "cannot hold job '10_3'" },
	{ { .hold = EPERM }, { .what = PLAN_HOLD }, "hold 10_3 [-] 0",
	  "cannot hold job '10_3'" },
	{ { .cancel = EPERM }, { .what = PLAN_CANCEL }, "cancel 10_3",
	  "cannot cancel job '10_3'" },
	{ { .update = EAGAIN }, { .what = PLAN_REQUEUE, .begin_time = 77 },
	  "requeue 10_3; update 10_3 [-] 77", "cannot update job '10_3'" },
};

static int carry_out(const struct plan *p, struct fake *f,
		     struct belay_error *err)
{
	const struct job_view job = { .record = "10_3" };
	const struct sched s = {
		.state = f, .requeue = fake_requeue, .update = fake_update,
		.hold = fake_hold, .cancel = fake_cancel,
	};

	return plan_carry_out(p, &s, &job, err);
}

static void check(size_t i)
{
	struct fake f = cases[i].says;
	struct belay_error err = { 0 };
	int rc = carry_out(&cases[i].p, &f, &err);

	if (rc != (cases[i].error ? -1 : 0) || strcmp(f.calls, cases[i].calls))
		fail_msg("case %zu: %d: '%s'", i, rc, f.calls);
	if (cases[i].error)
		assert_string_equal(err.text, cases[i].error);
}

static void test_calls_come_in_order_and_races_are_no_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(i);
}

static void test_the_controller_may_go_away_in_between(void **state)
{
	struct plan p = { .what = PLAN_REQUEUE, .begin_time = 77 };
	struct fake f = { .update = EAGAIN };
	struct belay_error err = { 0 };

	(void)state;
	assert_fails(carry_out(&p, &f, &err), &err, BELAY_EFAILED,
		     "cannot update job");
	assert_int_equal(err.sys, EAGAIN);

	/* Back again, and the job is pending as it was asked for. */
	f = (struct fake){ .requeue = EALREADY };
	assert_ok(carry_out(&p, &f, &err), &err);
	assert_string_equal(f.calls, "requeue 10_3; update 10_3 [-] 77");
}

static void test_whoever_asks_need_not_be_told_why(void **state)
{
	struct plan p = { .what = PLAN_HOLD };
	struct fake f = { .hold = EPERM };

	(void)state;
	assert_int_equal(carry_out(&p, &f, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_calls_come_in_order_and_races_are_no_errors),
		cmocka_unit_test(test_the_controller_may_go_away_in_between),
		cmocka_unit_test(test_whoever_asks_need_not_be_told_why),
	};

	return cmocka_run_group_tests_name("carry_out", tests, NULL, NULL);
}
