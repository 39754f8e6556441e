/* SPDX-License-Identifier: Apache-2.0 */
/* test_chunks.c - chunks handed out, ended, tried again and given up */

#include <stdio.h>
#include <stdlib.h>

#include "chunk/state.h"
#include "tests/support/handles.h"

static uint64_t next_of(struct belay *b, struct tmpdir *d)
{
	uint64_t chunk = UINT64_MAX;
	int rc = belay_chunk_next(b, NULL, &chunk, &d->err);

	assert_ok(rc, &d->err);
	return rc ? chunk : UINT64_MAX;
}

static void finish(struct belay *b, uint64_t chunk, struct tmpdir *d)
{
	assert_ok(belay_chunk_done(b, NULL, chunk, &d->err), &d->err);
}

static struct belay *start(struct run *r, unsigned n, uint64_t count,
			   unsigned batch, struct tmpdir *d)
{
	struct belay *b = handles_open(r, n, batch, d);

	assert_ok(belay_chunks(b, NULL, count, &d->err), &d->err);
	return b;
}

/* "done running pending retrying quarantined", as any reader sees it. */
static void assert_counts(struct belay *b, const char *wanted,
			  struct tmpdir *d)
{
	struct belay_chunk_counts c;
	char is[128];

	assert_ok(belay_chunk_counts(b, NULL, &c, &d->err), &d->err);
	snprintf(is, sizeof(is), "%d %d %d %d %d", (int)c.done, (int)c.running,
		 (int)c.pending, (int)c.retrying, (int)c.quarantined);
	assert_string_equal(is, wanted);
}

static void close_all(struct belay *b, struct run *r, struct tmpdir *d)
{
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_each_chunk_is_handed_out_once(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *a = start(r, n, 300, 1, d), *b = start(r, n, 300, 1, d);
	bool had[300] = { false };

	for (int i = 0; i < 300; i++) {
		struct belay *one = i % 3 ? a : b;
		uint64_t chunk = next_of(one, d);

		assert_in_range(chunk, 0, 299);
		assert_false(had[chunk]);
		had[chunk] = true;
		if (i % 2)
			finish(one, chunk, d);
	}
	assert_int_equal(next_of(a, d), UINT64_MAX);
	assert_int_equal(next_of(b, d), UINT64_MAX);
	assert_counts(b, "150 150 0 0 0", d);
	assert_ok(belay_close(a, 0, &d->err), &d->err);
	close_all(b, r, d);
}

static void test_one_process_gets_them_in_order(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 1000, 7, d);

	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(next_of(b, d), i);
		finish(b, i, d);
	}
	assert_int_equal(next_of(b, d), UINT64_MAX);
	assert_ok(belay_flush(b, &d->err), &d->err);
	assert_counts(b, "1000 0 0 0 0", d);
	close_all(b, r, d);
}

/* With a batch of one what was said to be done is on the disk: it is seen by
 * others at once; with more, when the batch is full or is flushed. */
static void test_completions_are_durable_as_asked(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *one = start(r, n, 9, 1, d), *many = start(r, n, 9, 3, d);

	finish(one, 0, d);
	assert_counts(many, "1 0 8 0 0", d);
	finish(many, 1, d);
	finish(many, 2, d);
	assert_counts(one, "1 0 8 0 0", d);
	finish(many, 3, d);
	assert_counts(one, "4 0 5 0 0", d);
	finish(many, 4, d);
	assert_ok(belay_flush(many, &d->err), &d->err);
	assert_counts(one, "5 0 4 0 0", d);
	finish(many, 5, d);
	assert_ok(belay_close(many, 0, &d->err), &d->err);
	assert_counts(one, "6 0 3 0 0", d);
	close_all(one, r, d);
}

static void test_a_failed_chunk_comes_again_after_the_others(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 3, 1, d);
	uint64_t again[2];

	assert_int_equal(next_of(b, d), 0);
	assert_int_equal(belay_chunk_fail(b, NULL, 0, "no\nluck", 1, &d->err),
			 1);
	assert_counts(b, "0 0 2 1 0", d);
	assert_int_equal(belay_pending_retries(b, NULL, again, 2, &d->err), 1);
	assert_int_equal(again[0], 0);
	assert_int_equal(next_of(b, d), 1);
	assert_int_equal(next_of(b, d), 2);
	assert_int_equal(next_of(b, d), 0);
	assert_int_equal(belay_chunk_fail(b, NULL, 0, NULL, 1, &d->err), 1);
	assert_int_equal(next_of(b, d), 0);
	assert_int_equal(belay_chunk_fail(b, NULL, 0, NULL, 1, &d->err), 0);
	assert_int_equal(next_of(b, d), UINT64_MAX);
	assert_counts(b, "0 2 0 0 1", d);
	assert_int_equal(belay_chunk_fail(b, NULL, 1, "bad input", 0, &d->err),
			 0);
	assert_counts(b, "0 1 0 0 2", d);
	finish(b, 2, d);
	assert_fails(belay_chunk_fail(b, NULL, 2, "", 1, &d->err), &d->err,
		     BELAY_EINVAL, "chunk 2 is done");
	close_all(b, r, d);
}

static void test_retries_can_be_given_up(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 4, 1, d);

	for (uint64_t c = 1; c < 3; c++)
		assert_int_equal(belay_chunk_fail(b, NULL, c, "", 1, &d->err),
				 1);
	assert_int_equal(belay_pending_retries(b, NULL, NULL, 0, &d->err), 2);
	assert_int_equal(belay_clear_retries(b, NULL, "enough", &d->err), 2);
	assert_counts(b, "0 0 2 0 2", d);
	assert_int_equal(belay_clear_retries(b, NULL, "enough", &d->err), 0);
	close_all(b, r, d);
}

/* The next attempt gets what this one left, and none of what it finished. */
static void test_the_next_attempt_goes_on(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 6, 1, d);

	finish(b, next_of(b, d), d);
	next_of(b, d);
	finish(b, next_of(b, d), d);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	testrun_end(r, 1, "node_fail", "n1", d);
	b = start(r, testrun_begin(r, d), 6, 1, d);
	assert_int_equal(belay_info(b)->attempt, 2);
	assert_int_equal(next_of(b, d), 3);
	assert_int_equal(next_of(b, d), 4);
	assert_int_equal(next_of(b, d), 5);
	assert_int_equal(next_of(b, d), 1);	/* was lost once: comes last */
	assert_int_equal(next_of(b, d), UINT64_MAX);
	close_all(b, r, d);
}

static void test_a_chunk_that_kills_its_node_is_given_up(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b;

	for (unsigned i = 1; i <= 3; i++) {
		b = start(r, testrun_begin(r, d), 2, 8, d);
		for (uint64_t c = next_of(b, d); c == 0; c = next_of(b, d))
			finish(b, c, d);
		assert_ok(belay_close(b, 0, &d->err), &d->err);
		testrun_end(r, i, "node_fail", "n1", d);
	}
	b = start(r, testrun_begin(r, d), 2, 8, d);
	assert_int_equal(next_of(b, d), UINT64_MAX);
	assert_counts(b, "1 0 0 0 1", d);
	close_all(b, r, d);
}

/* Of a batch that was lost only one may be to blame: they go alone then. */
static void test_the_neighbours_of_a_killer_are_not_blamed_again(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b;
	uint64_t last = 0;

	for (unsigned i = 1; i <= 3; i++) {
		b = start(r, testrun_begin(r, d), 2048, 8, d);
		while ((last = next_of(b, d)) != 5 && last != UINT64_MAX &&
		       i > 1)
			finish(b, last, d);
		assert_ok(belay_close(b, 0, &d->err), &d->err);
		testrun_end(r, i, "node_fail", "n1", d);
	}
	b = start(r, testrun_begin(r, d), 2048, 8, d);
	while ((last = next_of(b, d)) != UINT64_MAX)
		finish(b, last, d);
	assert_counts(b, "2047 0 0 0 1", d);
	close_all(b, r, d);
}

static void test_a_fenced_process_gets_nothing_more(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *old = start(r, testrun_begin(r, d), 9, 1, d), *b;
	uint64_t chunk = next_of(old, d);

	b = start(r, testrun_begin(r, d), 9, 1, d);
	assert_fails(belay_chunk_done(old, NULL, chunk, &d->err), &d->err,
		     BELAY_EFENCED, "has begun");
	assert_fails(belay_chunk_next(old, NULL, &chunk, &d->err), &d->err,
		     BELAY_EFENCED, "has begun");
	assert_fails(belay_close(old, 0, &d->err), &d->err, BELAY_EFENCED,
		     "has begun");
	assert_counts(b, "0 0 9 0 0", d);
	close_all(b, r, d);
}

static void test_a_set_is_what_it_was(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *b = start(r, n, 9, 1, d), *other = handles_open(r, n, 1,
								      d);
	struct belay_chunk_counts counts;

	assert_fails(belay_chunks(other, NULL, 8, &d->err), &d->err,
		     BELAY_ECONFIG, "set 'main' has 9 chunks in this run, not "
		     "8; use another set or another run");
	assert_fails(belay_chunks(b, NULL, 8, &d->err), &d->err,
		     BELAY_ECONFIG, "set 'main' has 9 chunks in this run, not "
		     "8; use another set or another run");
	assert_ok(belay_chunks(b, "rest", 4, &d->err), &d->err);
	assert_ok(belay_chunks(other, "rest", 4, &d->err), &d->err);
	assert_ok(belay_chunk_done(other, "rest", 3, &d->err), &d->err);
	assert_ok(belay_chunk_counts(b, "rest", &counts, &d->err), &d->err);
	assert_int_equal(counts.done, 1);
	assert_ok(belay_chunk_counts(b, NULL, &counts, &d->err), &d->err);
	assert_int_equal(counts.total, 13);
	assert_ok(belay_close(other, 0, &d->err), &d->err);
	close_all(b, r, d);
}

static void test_misuse_is_refused_with_words(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 9, 1, d);
	struct belay_chunk_counts counts;
	uint64_t chunk;

	assert_fails(belay_chunk_next(b, "x", &chunk, &d->err), &d->err,
		     BELAY_EINVAL, "call belay_chunks() first");
	assert_fails(belay_chunk_done(b, NULL, 9, &d->err), &d->err,
		     BELAY_EINVAL, "no chunk 9: set 'main' has 9");
	assert_fails(belay_chunks(b, "a/b", 1, &d->err), &d->err, BELAY_EINVAL,
		     "not a set's name");
	assert_fails(belay_chunks(b, "a", 1ull << 40, &d->err), &d->err,
		     BELAY_EINVAL, "too many chunks");
	assert_fails(belay_chunk_counts(b, "x", &counts, &d->err), &d->err,
		     BELAY_ENOENT, "no set 'x'");
	close_all(b, r, d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_each_chunk_is_handed_out_once),
		TEST_IN_TMPDIR(test_one_process_gets_them_in_order),
		TEST_IN_TMPDIR(test_completions_are_durable_as_asked),
		TEST_IN_TMPDIR(test_a_failed_chunk_comes_again_after_the_others),
		TEST_IN_TMPDIR(test_retries_can_be_given_up),
		TEST_IN_TMPDIR(test_the_next_attempt_goes_on),
		TEST_IN_TMPDIR(test_a_chunk_that_kills_its_node_is_given_up),
		TEST_IN_TMPDIR(test_the_neighbours_of_a_killer_are_not_blamed_again),
		TEST_IN_TMPDIR(test_a_fenced_process_gets_nothing_more),
		TEST_IN_TMPDIR(test_a_set_is_what_it_was),
		TEST_IN_TMPDIR(test_misuse_is_refused_with_words),
	};

	return cmocka_run_group_tests_name("chunks", tests, NULL, NULL);
}
