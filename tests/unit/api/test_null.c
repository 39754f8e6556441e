/* SPDX-License-Identifier: Apache-2.0 */
/* test_null.c - who gives no place for an answer is told, and does not crash */

#include <stdlib.h>

#include "tests/support/places.h"

#define assert_needs(p, call, words)					\
	assert_fails(call, &(p)->d->err, BELAY_EINVAL, words)

static void test_a_place_for_what_is_asked_must_be_given(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;

	assert_ok(belay_chunks(p.b, NULL, 3, err), err);
	assert_needs(&p, belay_chunk_next(p.b, NULL, NULL, err),
		     "a place for the chunk must be given, and is NULL");
	assert_needs(&p, belay_chunk_counts(p.b, NULL, NULL, err), "counts");
	assert_needs(&p, belay_pending_retries(p.b, NULL, NULL, 1, err),
		     "a place for the chunks");
	assert_int_equal(belay_pending_retries(p.b, NULL, NULL, 0, err), 0);
	assert_needs(&p, belay_progress_set(p.b, NULL, err), "progress");
	assert_needs(&p, belay_progress_get(p.b, NULL, err), "the progress");
	assert_needs(&p, belay_checkpoint_list(p.b, NULL, err), "the list");
	assert_needs(&p, belay_statistics(p.b, NULL, err), "the statistics");
	assert_needs(&p, belay_failed_nodes(p.b, NULL, err), "the nodes");
	assert_needs(&p, belay_on_recovery(p.b, NULL, NULL, err), "a function");
	assert_needs(&p, belay_unprotect(p.b, NULL, err), "a name");
	places_leave(&p);
}

static void test_results_are_given_to_somebody(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_results *it = belay_results_open(p.b, NULL, err);
	struct belay_result result;

	assert_needs(&p, belay_results_next(it, NULL, err), "a result");
	assert_int_equal(belay_results_next(it, &result, err), 0);
	assert_needs(&p, belay_results_next(NULL, &result, err), "the results");
	belay_results_close(it);
	places_leave(&p);
}

static void test_what_is_put_must_be_there(void **state)
{
	static const uint64_t two[] = { 2 };
	struct belay_array none = { .name = "x", .dims = 1, .shape = two },
			   flat = { .name = "x", .dims = 1,
				    .data = places_field };
	const struct belay_array *const cases[] = { NULL, &none, &flat };
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_checkpoint *c;

	for (int i = 0; i < 3; i++) {
		c = belay_checkpoint_begin(p.b, NULL, err);
		assert_needs(&p, belay_checkpoint_put(c, cases[i], err), "");
		belay_checkpoint_abandon(c);
	}
	c = belay_checkpoint_begin(p.b, NULL, err);
	assert_needs(&p, belay_checkpoint_put_bytes(c, "x", NULL, 1, err),
		     "array 'x' has no data");
	belay_checkpoint_abandon(c);
	c = belay_checkpoint_begin(p.b, NULL, err);
	assert_needs(&p, belay_checkpoint_put_file(c, "x", NULL, err),
		     "a path must be given");
	assert_needs(&p, belay_checkpoint_put_file(c, NULL, "/dev/null", err),
		     "");
	belay_checkpoint_abandon(c);
	assert_true(belay_array_bytes(NULL) == UINT64_MAX);
	assert_true(belay_array_bytes(&flat) == UINT64_MAX);
	places_leave(&p);
}

static void test_what_is_read_goes_somewhere(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	const struct belay_entry *e;
	struct belay_restore *r;

	places_protect(&p);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	r = belay_restore_open(p.b, 0, err);
	e = belay_restore_find(r, 0, "field");
	assert_non_null(e);
	assert_needs(&p, belay_restore_read(r, e, 0, NULL, 8, err),
		     "a place for the bytes");
	assert_ok(belay_restore_read(r, e, 0, NULL, 0, err), err);
	assert_needs(&p, belay_restore_read(r, NULL, 0, &e, 8, err), "entry");
	assert_needs(&p, belay_restore_file(r, e, NULL, err), "a path");
	assert_null(belay_restore_find(r, 0, NULL));
	belay_restore_close(r);
	assert_null(belay_restore_find(NULL, 0, "field"));
	assert_null(belay_restore_entry(NULL, 0));
	assert_null(belay_restore_info(NULL));
	assert_int_equal(belay_restore_count(NULL), 0);
	places_leave(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_place_for_what_is_asked_must_be_given),
		TEST_IN_TMPDIR(test_results_are_given_to_somebody),
		TEST_IN_TMPDIR(test_what_is_put_must_be_there),
		TEST_IN_TMPDIR(test_what_is_read_goes_somewhere),
	};

	return cmocka_run_group_tests_name("null", tests, NULL, NULL);
}
