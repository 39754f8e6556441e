/* SPDX-License-Identifier: Apache-2.0 */
/* test_capture.c - what was written is kept, in memory or out of it */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/map/capture.h"
#include "tests/support/test.h"

static char byte_at(uint64_t i)
{
	return (char)('a' + i * 7 % 23);
}

static void fill(struct capture *c, uint64_t size, size_t step)
{
	static char piece[70000];

	for (uint64_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? (size_t)(size - at) : step;

		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(at + i);
		capture_add(c, piece, n);
	}
}

static void assert_content(const struct capture *c, uint64_t size)
{
	char piece[999];
	uint64_t at = 0;
	ssize_t n;

	assert_int_equal(capture_size(c), size);
	while ((n = capture_read(c, at, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (piece[i] != byte_at(at + (uint64_t)i))
				fail_msg("byte %zd differs", (ssize_t)at + i);
		at += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, size);
}

static void test_all_that_was_added_is_read_back(void **state)
{
	static const struct { uint64_t size; size_t step; } cases[] = {
		{ 0, 1 }, { 1, 1 }, { 1000, 17 }, { 65536, 65536 },
		{ 65537, 65537 }, { 200000, 65536 }, { 200000, 999 },
		{ 3000000, 70000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture c = { 0 };

		fill(&c, cases[i].size, cases[i].step);
		assert_content(&c, cases[i].size);
		assert_true(c.cap <= CAPTURE_MEMORY);
		capture_free(&c);
	}
}

static void test_many_captures_do_not_fill_the_memory(void **state)
{
	enum { MANY = 1000 };
	static struct capture c[MANY];
	size_t held = 0;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fill(&c[i], 60000, 60000);
		held += c[i].cap;
	}
	assert_true(held <= CAPTURE_TOTAL);
	assert_true(held > CAPTURE_TOTAL / 2);
	for (int i = 0; i < MANY; i++) {
		assert_content(&c[i], 60000);
		capture_free(&c[i]);
	}
}

static void test_a_file_that_cannot_grow_is_told_not_hidden(void **state)
{
	struct tmpdir *d = *state;
	struct capture c = { 0 };

	setenv("TMPDIR", "/nonexistent", 1);
	fill(&c, 100000, 50000);
	unsetenv("TMPDIR");
	assert_int_equal(c.lost, ENOENT);
	assert_content(&c, 50000);
	assert_fails(capture_save(&c, d->fd, "out", &d->err), &d->err,
		     BELAY_EFAILED, "output is cut: 'out': No such file");
	capture_free(&c);
}

static void test_it_can_be_saved_over_an_older_one(void **state)
{
	struct tmpdir *d = *state;
	struct capture c = { 0 };
	struct stat st;

	for (uint64_t size = 100000; size; size /= 10) {
		fill(&c, size, 1000);
		assert_ok(capture_save(&c, d->fd, "out", &d->err), &d->err);
		assert_int_equal(fstatat(d->fd, "out", &st, 0), 0);
		assert_int_equal(st.st_size, size);
		capture_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_was_added_is_read_back),
		cmocka_unit_test(test_many_captures_do_not_fill_the_memory),
		TEST_IN_TMPDIR(test_a_file_that_cannot_grow_is_told_not_hidden),
		TEST_IN_TMPDIR(test_it_can_be_saved_over_an_older_one),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
