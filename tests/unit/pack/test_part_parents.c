/* SPDX-License-Identifier: Apache-2.0 */
/* test_part_parents.c - which files a part refers to, and which no longer */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/parts.h"

#define LARGE (8u * PACK_BLOCK)
#define SMALL (2u * PACK_BLOCK)

static uint8_t large[LARGE], small[SMALL];

/* All parts lie in one directory, so a parent needs no link. */
static void write_on(struct tmpdir *d, const char *base, const char *name,
		     struct pack_sum *sum)
{
	struct pack_options opt = part_options();
	struct pack_writer *w;

	if (base) {
		opt.base = pack_open(d->fd, base, NULL, &d->err);
		assert_non_null(opt.base);
		opt.base_as = base;
	}
	w = pack_create(d->fd, name, &opt, &d->err);
	assert_non_null(w);
	assert_ok(part_put_bytes(w, "large", large, LARGE, &d->err), &d->err);
	assert_ok(part_put_bytes(w, "small", small, SMALL, &d->err), &d->err);
	assert_ok(pack_finish(w, sum, &d->err), &d->err);
	pack_close(opt.base);
}

static void expect(struct tmpdir *d, const char *name)
{
	struct pack_reader *r = pack_open(d->fd, name, NULL, &d->err);

	assert_non_null(r);
	part_expect(d, r, "large", large, LARGE);
	part_expect(d, r, "small", small, SMALL);
	pack_close(r);
}

static void test_what_did_not_change_is_not_written_again(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum first, second;

	part_fill(large, LARGE, 1);
	part_fill(small, SMALL, 2);
	write_on(d, NULL, "1", &first);
	large[3 * PACK_BLOCK]++;
	write_on(d, "1", "2", &second);
	expect(d, "2");
	assert_int_equal(second.stored, PACK_BLOCK);
	assert_int_equal(second.n_parents, 1);
	assert_int_equal(second.parent[0].used, LARGE + SMALL - PACK_BLOCK);
	assert_memory_equal(&second.parent[0].index, &first.index,
			    sizeof(first.index));
}

static void test_a_base_that_gives_nothing_is_no_parent(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum sum;

	part_fill(large, LARGE, 1);
	part_fill(small, SMALL, 2);
	write_on(d, NULL, "1", &sum);
	part_fill(small, SMALL, 3);
	write_on(d, "1", "2", &sum);
	part_fill(small, SMALL, 4);
	write_on(d, "2", "3", &sum);
	assert_int_equal(sum.n_parents, 1);
	assert_string_equal(sum.parent[0].name, "1");
	unlinkat(d->fd, "2", 0);
	expect(d, "3");
}

static void test_a_parent_used_by_less_than_half_is_left(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum sum;

	part_fill(large, LARGE, 1);
	part_fill(small, SMALL, 2);
	write_on(d, NULL, "1", &sum);
	part_fill(large, LARGE, 3);	/* "2" has small alone from "1" */
	write_on(d, "1", "2", &sum);
	assert_int_equal(sum.n_parents, 1);
	write_on(d, "2", "3", &sum);
	assert_int_equal(sum.n_parents, 1);
	assert_string_equal(sum.parent[0].name, "2");
	assert_int_equal(sum.stored, SMALL);
	unlinkat(d->fd, "1", 0);
	expect(d, "3");
}

/* Each changes another block of the large one. */
static void test_there_are_never_more_than_eight(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum sum;
	char name[8], before[8];

	part_fill(large, LARGE, 1);
	part_fill(small, SMALL, 2);
	write_on(d, NULL, "0", &sum);
	for (int i = 1; i < 30; i++) {
		snprintf(before, sizeof(before), "%d", i - 1);
		snprintf(name, sizeof(name), "%d", i);
		part_fill(i % 10 < 8 ? large + i % 10 * PACK_BLOCK :
			  small + i % 2 * PACK_BLOCK, PACK_BLOCK,
			  (uint64_t)i + 10);
		write_on(d, before, name, &sum);
		assert_true(sum.n_parents && sum.n_parents <= PACK_PARENTS_MAX);
		expect(d, name);
	}
}

static void test_a_parent_that_is_another_file_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct pack_sum sum;

	part_fill(large, LARGE, 1);
	write_on(d, NULL, "1", &sum);
	small[0]++;
	write_on(d, "1", "2", &sum);
	unlinkat(d->fd, "1", 0);
	assert_null(pack_open(d->fd, "2", NULL, &d->err));
	assert_int_equal(d->err.code, BELAY_ENOENT);
	assert_non_null(strstr(d->err.text, "'2' needs"));
	write_on(d, NULL, "1", &sum);
	assert_null(pack_open(d->fd, "2", NULL, &d->err));
	assert_int_equal(d->err.code, BELAY_ECORRUPT);
	assert_non_null(strstr(d->err.text, "'2' needs '1': it is another"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_did_not_change_is_not_written_again),
		TEST_IN_TMPDIR(test_a_base_that_gives_nothing_is_no_parent),
		TEST_IN_TMPDIR(test_a_parent_used_by_less_than_half_is_left),
		TEST_IN_TMPDIR(test_there_are_never_more_than_eight),
		TEST_IN_TMPDIR(test_a_parent_that_is_another_file_is_refused),
	};

	return cmocka_run_group_tests_name("part_parents", tests, NULL, NULL);
}
