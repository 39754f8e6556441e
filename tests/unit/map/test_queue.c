/* SPDX-License-Identifier: Apache-2.0 */
/* test_queue.c - each chunk comes once, in the order that was promised */

#include "cmd/map/queue.h"
#include "tests/support/test.h"

static struct belay_error err;

static void test_fresh_ones_by_number_then_the_others_in_turn(void **state)
{
	static const uint64_t want[] = { 0, 63, 64, 199, 150, 3 };
	struct queue q;
	uint64_t chunk;

	(void)state;
	assert_ok(queue_init(&q, 200, &err), &err);
	assert_ok(queue_add_again(&q, 150, &err), &err);
	assert_ok(queue_add_again(&q, 3, &err), &err);
	queue_add_fresh(&q, 199);
	queue_add_fresh(&q, 64);
	queue_add_fresh(&q, 0);
	queue_add_fresh(&q, 63);
	assert_int_equal(queue_length(&q), 6);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(queue_next(&q, &chunk));
		assert_int_equal(chunk, want[i]);
	}
	assert_false(queue_next(&q, &chunk));
	queue_fini(&q);
}

static void test_one_that_comes_back_unbegun_is_next(void **state)
{
	struct queue q;
	uint64_t chunk;

	(void)state;
	assert_ok(queue_init(&q, 10, &err), &err);
	for (uint64_t i = 0; i < 10; i++)
		queue_add_fresh(&q, i);
	for (int i = 0; i < 5; i++)
		assert_true(queue_next(&q, &chunk));
	queue_add_fresh(&q, 2);
	assert_true(queue_next(&q, &chunk));
	assert_int_equal(chunk, 2);
	assert_true(queue_next(&q, &chunk));
	assert_int_equal(chunk, 5);
	queue_fini(&q);
}

static void test_many_may_be_tried_again_and_again(void **state)
{
	struct queue q;
	uint64_t chunk;

	(void)state;
	assert_ok(queue_init(&q, 1000, &err), &err);
	for (uint64_t i = 0; i < 1000; i++)
		assert_ok(queue_add_again(&q, i, &err), &err);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_true(queue_next(&q, &chunk));
		assert_int_equal(chunk, i % 1000);
		assert_ok(queue_add_again(&q, chunk, &err), &err);
	}
	assert_int_equal(queue_length(&q), 1000);
	queue_fini(&q);
}

static void test_an_empty_set_has_nothing(void **state)
{
	struct queue q;
	uint64_t chunk;

	(void)state;
	assert_ok(queue_init(&q, 0, &err), &err);
	assert_false(queue_next(&q, &chunk));
	queue_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_fresh_ones_by_number_then_the_others_in_turn),
		cmocka_unit_test(test_one_that_comes_back_unbegun_is_next),
		cmocka_unit_test(test_many_may_be_tried_again_and_again),
		cmocka_unit_test(test_an_empty_set_has_nothing),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
