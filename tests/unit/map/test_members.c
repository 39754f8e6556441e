/* SPDX-License-Identifier: Apache-2.0 */
/* test_members.c - it is always known who holds what */

#include "cmd/map/members.h"
#include "tests/support/test.h"

static struct belay_error err;

static void test_what_is_taken_is_found_until_it_is_released(void **state)
{
	struct members all = { 0 };
	struct member *m;

	(void)state;
	assert_ok(members_add(&all, "n1", 2, &err), &err);
	m = &all.m[0];
	for (uint64_t i = 0; i < 20; i++)
		assert_ok(member_take(m, i, 1, &err), &err);
	members_begun(&all, member_find(m, 7));
	members_begun(&all, member_find(m, 7));	/* said twice, counts once */
	members_begun(&all, member_find(m, 19));
	assert_int_equal(all.begun, 2);
	members_release(&all, m, member_find(m, 7));
	assert_null(member_find(m, 7));
	assert_non_null(member_find(m, 19));
	assert_int_equal(all.begun, 1);
	assert_int_equal(m->n, 19);
	members_free(&all);
}

static void test_what_is_stuck_does_not_work(void **state)
{
	struct members all = { 0 };
	struct member *m;

	(void)state;
	assert_ok(members_add(&all, "n1", 2, &err), &err);
	m = &all.m[0];
	for (uint64_t i = 0; i < 3; i++)
		assert_ok(member_take(m, i, 1, &err), &err);
	assert_false(members_work(&all));
	members_stuck(&all, member_find(m, 0));		/* not begun yet */
	members_begun(&all, member_find(m, 1));
	assert_true(members_work(&all));
	members_stuck(&all, member_find(m, 1));
	members_stuck(&all, member_find(m, 1));	/* said twice, counts once */
	assert_int_equal(all.stuck, 2);
	assert_false(members_work(&all));
	members_begun(&all, member_find(m, 0));
	assert_int_equal(all.stuck, 1);
	members_release(&all, m, member_find(m, 1));
	assert_int_equal(all.stuck, 0);
	members_stuck(&all, member_find(m, 2));
	members_leave(&all, m);
	assert_int_equal(all.stuck, 0);
	assert_int_equal(all.begun, 0);
	members_free(&all);
}

static void test_who_leaves_takes_slots_and_chunks_along_once(void **state)
{
	struct members all = { 0 };

	(void)state;
	assert_ok(members_add(&all, "n1", 2, &err), &err);
	assert_ok(members_add(&all, "n2", 3, &err), &err);
	assert_ok(member_take(&all.m[0], 5, 1, &err), &err);
	members_begun(&all, member_find(&all.m[0], 5));
	assert_int_equal(all.slots, 5);
	members_leave(&all, &all.m[0]);
	members_leave(&all, &all.m[0]);
	assert_int_equal(all.slots, 3);
	assert_int_equal(all.present, 1);
	assert_int_equal(all.begun, 0);
	assert_null(member_find(&all.m[0], 5));
	members_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_what_is_taken_is_found_until_it_is_released),
		cmocka_unit_test(test_what_is_stuck_does_not_work),
		cmocka_unit_test(
			test_who_leaves_takes_slots_and_chunks_along_once),
	};

	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
