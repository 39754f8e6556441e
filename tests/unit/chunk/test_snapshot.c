/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot.c - a snapshot says what was folded, or is passed over */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chunk/state.h"
#include "tests/support/testrun.h"

static void fold(struct chunk_state *s, enum event_type type, uint64_t chunk,
		 struct tmpdir *d)
{
	struct event e = { .type = type, .attempt = 1, .writer = "w", .set = 1,
			   .chunk = chunk, .count = 7, .name = "main",
			   .node = "n3", .time_us = 123456789,
			   .kind = FAIL_SIGNAL, .value = 9, .retryable = true,
			   .try = 1, .items = { 1 }, .command = { 2 } };

	assert_ok(chunk_state_fold(s, &e, &d->err), &d->err);
}

/* One chunk of each status, of an odd number. */
static struct chunk_state *some_state(struct tmpdir *d)
{
	struct chunk_state *s = chunk_state_new();

	fold(s, EVENT_SET, 0, d);
	fold(s, EVENT_CHUNK_DONE, 0, d);
	fold(s, EVENT_CHUNK_DONE, 6, d);
	fold(s, EVENT_CHUNK_FAIL, 2, d);
	fold(s, EVENT_CHUNK_GIVE_UP, 3, d);
	fold(s, EVENT_CHUNK_BEGIN, 4, d);
	fold(s, EVENT_BEAT, 0, d);
	assert_ok(chunk_state_end_attempt(s, 1, NULL, &d->err), &d->err);
	return s;
}

static void assert_some_state(const struct chunk_state *s)
{
	static const uint8_t status[7] = {
		CHUNK_DONE, CHUNK_PENDING, CHUNK_RETRYING, CHUNK_QUARANTINED,
		CHUNK_PENDING, CHUNK_PENDING, CHUNK_DONE,
	};
	const struct chunk_set *set = chunk_set_find(s, "main");

	assert_non_null(set);
	assert_int_equal(set->count, 7);
	assert_memory_equal(set->status, status, 7);
	assert_int_equal(set->n[CHUNK_DONE], 2);
	assert_int_equal(set->n[CHUNK_PENDING], 3);
	assert_int_equal(set->items[0], 1);
	assert_int_equal(set->command[0], 2);
	assert_string_equal(chunk_trouble_of(set, 2)->reason, "signal 9");
	assert_int_equal(chunk_trouble_of(set, 4)->lost, 1);
	assert_string_equal(chunk_trouble_of(set, 4)->lost_nodes, "n3");
	assert_null(chunk_trouble_of(set, 0));
	assert_int_equal(s->done_by_attempt[1], 2);
	assert_int_equal(s->last_progress_us, 123456789);
	assert_int_equal(s->beats, 1);
}

static void test_a_snapshot_says_what_was_folded(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct chunk_state *s = some_state(d), *again;
	unsigned n;

	testrun_begin(r, d);
	testrun_begin(r, d);
	assert_ok(chunk_snapshot_write(r, 2, s, &d->err), &d->err);
	again = chunk_snapshot_load(r, &n);
	assert_non_null(again);
	assert_int_equal(n, 2);
	assert_some_state(again);
	chunk_state_free(again);
	again = chunk_state_load(r, &d->err);	/* and nothing was added */
	assert_some_state(again);
	chunk_state_free(again);
	chunk_state_free(s);
	run_close(r);
}

static void test_any_damaged_bit_makes_it_useless(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct chunk_state *s = some_state(d);
	_auto_buf_ struct buf bytes = { 0 };

	chunk_snapshot_encode(r, 2, s, &bytes);
	assert_false(bytes.failed);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_null(chunk_snapshot_decode(r, 2, bytes.data, bytes.len));
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++)
		assert_null(chunk_snapshot_decode(r, 2, bytes.data, len));
	assert_null(chunk_snapshot_decode(r, 3, bytes.data, bytes.len));
	memset(r->submission, 'f', 32);		/* another run */
	assert_null(chunk_snapshot_decode(r, 2, bytes.data, bytes.len));
	chunk_state_free(s);
	run_close(r);
}

static void spoil(const struct run *r, const char *name)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/snapshots/%s", r->dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 60), 1);
	close(fd);
}

static void test_of_several_the_newest_usable_one_is_taken(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct chunk_state *s = some_state(d), *again;
	unsigned n;

	testrun_begin(r, d);
	assert_null(chunk_snapshot_load(r, &n));
	testrun_begin(r, d);
	testrun_begin(r, d);
	for (unsigned i = 2; i <= 4; i++)	/* 4 has not begun */
		assert_ok(chunk_snapshot_write(r, i, s, &d->err), &d->err);
	again = chunk_snapshot_load(r, &n);
	assert_int_equal(n, 3);
	chunk_state_free(again);
	spoil(r, "000003.snap");
	again = chunk_snapshot_load(r, &n);
	assert_int_equal(n, 2);
	assert_some_state(again);
	chunk_state_free(again);
	chunk_state_free(s);
	run_close(r);
}

static void test_running_chunks_are_no_snapshot(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct chunk_state *s = some_state(d);

	fold(s, EVENT_CHUNK_BEGIN, 1, d);
	assert_fails(chunk_snapshot_write(r, 2, s, &d->err), &d->err,
		     BELAY_EINVAL, "chunks are running; a snapshot is of what "
		     "is over");
	chunk_state_free(s);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_snapshot_says_what_was_folded),
		TEST_IN_TMPDIR(test_any_damaged_bit_makes_it_useless),
		TEST_IN_TMPDIR(test_of_several_the_newest_usable_one_is_taken),
		TEST_IN_TMPDIR(test_running_chunks_are_no_snapshot),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
