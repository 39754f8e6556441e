/* SPDX-License-Identifier: Apache-2.0 */
/* test_pack.c - what is put into a part comes out of it, and what is refused */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/parts.h"

static struct pack_reader *reopen(struct tmpdir *d, const char *name,
				  const struct digest *want)
{
	struct pack_reader *r = pack_open(d->fd, name, want, &d->err);

	if (!r)
		fail_msg("%s", d->err.text);
	return r;
}

static void test_arrays_come_back_with_type_and_shape(void **state)
{
	static const double field[3][5] = { { 1.5, -2 }, { 0, 7 } };
	static const int64_t step = 42;
	const uint64_t shape[] = { 3, 5 };
	struct belay_array a = { .name = "the field", .type = BELAY_F64,
				 .dims = 2, .shape = shape,
				 .data = (void *)(uintptr_t)field };
	struct belay_array s = { .name = "step", .type = BELAY_I64,
				 .data = (void *)(uintptr_t)&step };
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	struct pack_writer *w = pack_create(d->fd, "part.1", &opt, &d->err);
	const struct belay_entry *e;
	struct pack_sum sum;
	struct pack_reader *r;

	assert_ok(pack_put(w, &a, &d->err), &d->err);
	assert_ok(pack_put(w, &s, &d->err), &d->err);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	assert_holds(d->fd, (const char *[]){ "part.1", NULL });
	r = reopen(d, "part.1", &sum.index);
	assert_int_equal(pack_count(r), 2);
	e = pack_entry(r, 0);
	assert_string_equal(e->name, "the field");
	assert_int_equal(e->rank, 1);
	assert_int_equal(e->type, BELAY_F64);
	assert_int_equal(e->dims, 2);
	assert_int_equal(e->shape[1], 5);
	part_expect(d, r, "the field", field, sizeof(field));
	part_expect(d, r, "step", &step, sizeof(step));
	assert_null(pack_find(r, "steps"));
	assert_null(pack_entry(r, 2));
	assert_memory_equal(pack_sum(r), &sum, sizeof(sum));
	assert_int_equal(sum.bytes, sizeof(field) + sizeof(step));
	pack_close(r);
}

/* Sizes around the edges of blocks and of runs, all in one part. */
static const uint64_t sizes[] = {
	0, 1, 4095, 4096, 4097, PACK_BLOCK - 1, PACK_BLOCK, PACK_BLOCK + 1,
	4 * PACK_BLOCK, 4 * PACK_BLOCK + 1, 11 * PACK_BLOCK + 777,
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define MOST (12 * PACK_BLOCK)

static void write_sizes(struct tmpdir *d, const struct pack_options *opt,
			const uint8_t *data, struct pack_sum *sum)
{
	struct pack_writer *w = pack_create(d->fd, "sizes", opt, &d->err);
	char name[8];

	for (size_t i = 0; i < SIZES; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		assert_ok(part_put_bytes(w, name, data + i, sizes[i], &d->err),
			  &d->err);
	}
	assert_ok(pack_finish(w, sum, &d->err), &d->err);
}

static void expect_sizes(struct tmpdir *d, const uint8_t *data,
			 const struct pack_sum *sum)
{
	struct pack_reader *r = reopen(d, "sizes", &sum->index);
	char name[8];

	for (size_t i = 0; i < SIZES; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		part_expect(d, r, name, data + i, sizes[i]);
	}
	assert_ok(pack_verify(r, 3, &d->err), &d->err);
	pack_close(r);
	unlinkat(d->fd, "sizes", 0);
}

static void test_every_size_comes_back_however_it_was_written(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	uint8_t *data = malloc(MOST);
	struct pack_sum sum;

	part_fill(data, MOST / 2, 1);
	memset(data + MOST / 2, 7, MOST / 2);	/* half of it compresses */
	opt.verify = true;
	for (unsigned i = 0; i < 12; i++) {
		opt.zstd_level = i & 1 ? 3 : 0;
		opt.async = i & 2;
		opt.threads = 1 + i / 4 * 2;
		write_sizes(d, &opt, data, &sum);
		expect_sizes(d, data, &sum);
	}
	free(data);
}

static void test_any_bytes_of_an_entry_can_be_read(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	const uint64_t bytes = 9 * PACK_BLOCK + 100;
	uint8_t *data = malloc(bytes), *got = malloc(bytes);
	struct pack_sum sum;
	struct pack_reader *r;
	uint64_t from, n;

	part_fill(data, bytes, 2);
	part_write(d, "p", &opt, data, bytes, &sum);
	r = reopen(d, "p", NULL);
	srand(1);
	for (int i = 0; i < 300; i++) {
		from = (uint64_t)rand() % bytes;
		n = (uint64_t)rand() % (bytes - from + 1);
		if (i % 3 == 0)
			n = n % 5000;
		assert_ok(pack_read(r, pack_find(r, "a"), from, got, n,
				    1 + (unsigned)i % 3, &d->err), &d->err);
		assert_memory_equal(got, data + from, n);
	}
	assert_fails(pack_read(r, pack_find(r, "a"), 1, got, bytes, 1, &d->err),
		     &d->err, BELAY_EINVAL, "past the end of 'a'");
	pack_close(r);
	free(data);
	free(got);
}

static void test_a_file_comes_back_as_bytes(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	const uint64_t bytes = 5 * PACK_BLOCK + 5;
	uint8_t *data = malloc(bytes);
	struct pack_writer *w;
	struct pack_sum sum;
	struct pack_reader *r;
	int fd = openat(d->fd, "file", O_RDWR | O_CREAT, 0600);

	part_fill(data, bytes, 3);
	assert_int_equal(write(fd, data, bytes), bytes);
	w = pack_create(d->fd, "p", &opt, &d->err);
	assert_ok(pack_put_fd(w, "file", fd, &d->err), &d->err);
	assert_fails(pack_put_fd(w, "dir", d->fd, &d->err), &d->err,
		     BELAY_EINVAL, "not a file: 'dir'");
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	r = reopen(d, "p", NULL);
	part_expect(d, r, "file", data, bytes);
	pack_close(r);
	close(fd);
	free(data);
}

static void test_what_is_not_an_array_is_refused(void **state)
{
	static const uint64_t huge[] = { 1ull << 40, 1ull << 40 };
	char longest[BELAY_NAME_MAX + 2];
	const struct {
		struct belay_array a;
		const char *words;
	} cases[] = {
		{ { .name = "" }, "cannot put '': a name has 1 to 255 bytes" },
		{ { .name = longest }, "a name has 1 to 255 bytes" },
		{ { .name = "a\nb" }, "a control character in a name" },
		{ { .name = "x", .type = 16 }, "no such type" },
		{ { .name = "x", .dims = 17 }, "too many dimensions" },
		{ { .name = "x", .dims = 2, .shape = huge }, "too many bytes" },
		{ { .name = "had" }, "the name is there already" },
	};
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	struct pack_writer *w = pack_create(d->fd, "p", &opt, &d->err);
	struct pack_sum sum;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_ok(part_put_bytes(w, "had", "", 0, &d->err), &d->err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(pack_put(w, &cases[i].a, &d->err), &d->err,
			     BELAY_EINVAL, cases[i].words);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	assert_null(pack_create(d->fd, "p", &opt, &d->err));
	assert_int_equal(d->err.code, BELAY_EBUSY);
	assert_holds(d->fd, (const char *[]){ "p", NULL });
}

static void test_what_is_abandoned_is_gone(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();
	struct pack_writer *w = pack_create(d->fd, "p", &opt, &d->err);

	assert_ok(part_put_bytes(w, "a", "abc", 3, &d->err), &d->err);
	pack_abandon(w);
	pack_abandon(NULL);
	assert_holds(d->fd, (const char *[]){ NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_arrays_come_back_with_type_and_shape),
		TEST_IN_TMPDIR(test_every_size_comes_back_however_it_was_written),
		TEST_IN_TMPDIR(test_any_bytes_of_an_entry_can_be_read),
		TEST_IN_TMPDIR(test_a_file_comes_back_as_bytes),
		TEST_IN_TMPDIR(test_what_is_not_an_array_is_refused),
		TEST_IN_TMPDIR(test_what_is_abandoned_is_gone),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
