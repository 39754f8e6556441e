/* SPDX-License-Identifier: Apache-2.0 */
/* test_reports.c - what a program says of its progress and of its nodes */

#include <stdlib.h>

#include "base/clock.h"
#include "chunk/state.h"
#include "tests/support/handles.h"

static struct belay_progress progress_of(struct belay *b, int wanted,
					 struct tmpdir *d)
{
	struct belay_progress p = { .iteration = 77 };

	assert_int_equal(belay_progress_get(b, &p, &d->err), wanted);
	return p;
}

static void set_progress(struct belay *b, uint64_t iteration, struct tmpdir *d)
{
	struct belay_progress p = { iteration, 0.25, 1e-3, 0, 0 };

	assert_ok(belay_progress_set(b, &p, &d->err), &d->err);
}

static void test_progress_outlives_its_attempt(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = handles_open(r, testrun_begin(r, d), 1, d);
	struct belay_progress p;

	assert_ok(belay_chunks(b, NULL, 5, &d->err), &d->err);
	assert_ok(belay_chunk_done(b, NULL, 2, &d->err), &d->err);
	assert_int_equal(belay_chunk_fail(b, NULL, 1, "", 0, &d->err), 0);
	p = progress_of(b, 0, d);
	assert_int_equal(p.iteration, 77);
	assert_int_equal(p.chunks_completed, 1);
	assert_int_equal(p.chunks_remaining, 3);
	for (uint64_t i = 0; i < 1000; i++)
		set_progress(b, i, d);
	assert_int_equal(progress_of(b, 1, d).iteration, 999);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	b = handles_open(r, testrun_begin(r, d), 1, d);
	p = progress_of(b, 1, d);
	assert_int_equal(p.iteration, 999);
	assert_true(p.current_time == 0.25 && p.error_estimate == 1e-3);
	set_progress(b, 500, d);	/* back, from a checkpoint */
	assert_int_equal(progress_of(b, 1, d).iteration, 500);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

/* It goes with whatever becomes durable next. */
static void test_progress_is_durable_with_the_next_sync(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *a = handles_open(r, n, 1, d);
	struct belay *b = handles_open(r, n, 1, d);

	set_progress(a, 1, d);
	set_progress(a, 2, d);
	assert_ok(belay_beat(a, &d->err), &d->err);
	assert_int_equal(progress_of(b, 1, d).iteration, 2);
	set_progress(a, 3, d);
	assert_ok(belay_flush(a, &d->err), &d->err);
	assert_int_equal(progress_of(b, 1, d).iteration, 3);
	assert_ok(belay_close(a, 0, &d->err), &d->err);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void assert_failed(struct belay *b, const char *wanted,
			  struct tmpdir *d)
{
	char *is = NULL;

	assert_ok(belay_failed_nodes(b, &is, &d->err), &d->err);
	assert_string_equal(is, wanted);
	free(is);
}

static void test_failed_nodes_are_told_until_they_recover(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = handles_open(r, testrun_begin(r, d), 1, d);

	assert_failed(b, "", d);
	assert_ok(belay_node_fail(b, "n3", "no\nfan", &d->err), &d->err);
	assert_ok(belay_node_fail(b, "n2", NULL, &d->err), &d->err);
	assert_failed(b, "n[2-3]", d);
	assert_int_equal(belay_node_is_failed(b, "n2", &d->err), 1);
	assert_int_equal(belay_node_is_failed(b, "n1", &d->err), 0);
	assert_ok(belay_node_recovered(b, "n3", &d->err), &d->err);
	assert_failed(b, "n2", d);
	assert_fails(belay_node_fail(b, "a,b", "", &d->err), &d->err,
		     BELAY_EINVAL, "not a node's name: 'a,b'");
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void decide(struct run *r, unsigned n, struct tmpdir *d)
{
	int64_t now = clock_wall_us();
	struct exclusion x[] = { { "n5", now + 3600000000 }, { "n6", now - 1 },
				 { "n7", now + 3600000000 } };
	struct decided g = { .by = "after", .action = "failover",
			     .rule = "r", .reason = "", .policy = "standard",
			     .exclude = x, .n_exclude = 3 };

	testrun_end(r, n, "node_fail", "n5", d);
	assert_ok(run_publish_decision(r, n, &g, &d->err), &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
}

static void test_so_are_those_that_a_decision_leaves_out(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = handles_open(r, testrun_begin(r, d), 1, d);

	assert_ok(belay_node_fail(b, "n2", NULL, &d->err), &d->err);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	decide(r, 1, d);	/* had what was reported, and left it out */
	b = handles_open(r, testrun_begin(r, d), 1, d);
	assert_failed(b, "n[5,7]", d);
	assert_ok(belay_node_recovered(b, "n7", &d->err), &d->err);
	assert_ok(belay_node_fail(b, "n1", NULL, &d->err), &d->err);
	assert_failed(b, "n[1,5]", d);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_progress_outlives_its_attempt),
		TEST_IN_TMPDIR(test_progress_is_durable_with_the_next_sync),
		TEST_IN_TMPDIR(test_failed_nodes_are_told_until_they_recover),
		TEST_IN_TMPDIR(test_so_are_those_that_a_decision_leaves_out),
	};

	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
