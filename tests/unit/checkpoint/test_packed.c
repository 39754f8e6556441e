/* SPDX-License-Identifier: Apache-2.0 */
/* test_packed.c - arrays in, the same arrays out, and all ranks or none */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/packs.h"
#include "tests/support/runs.h"

#define KIB 1024
#define SIZE (1500 * KIB)	/* six blocks, the last one short */

static bool no_links, no_number;

int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (no_links && !strncmp(to, "parent.", 7)) {
		errno = EPERM;
		return -1;
	}
	return __real_linkat(a, from, b, to, flags);
}

int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (no_number && !strncmp(from, ".staging-", 9)) {
		errno = EIO;
		return -1;
	}
	return __real_renameat(a, from, b, to);
}

static unsigned char *make_data(unsigned seed)
{
	unsigned char *data = malloc(SIZE);

	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (unsigned char)(seed >> 16);
	}
	return data;
}

static uint64_t write_one(struct run *r, const void *data,
			  struct packed_done *done, struct belay_error *err)
{
	static uint64_t step;
	struct packed_options opt = { .ranks = 1, .step = ++step };

	assert_int_equal(packs_write(r, 1, &opt, data, SIZE, done, err), 1);
	return done->id;
}

static void test_what_is_put_is_read_back(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	unsigned char *data = make_data(1);
	struct packed_options opt = {
		.ranks = 1, .step = 3, .label = "warm", .chunks_done = 12,
		.progress = { 77, 0.1, 1e-9 },
	};
	struct packed_done done;
	struct checkpoint_list list;

	assert_int_equal(packs_write(r, 1, &opt, data, SIZE, &done, &d->err),
			 1);
	assert_int_equal(done.id, 1);
	assert_int_equal(done.bytes, SIZE);
	packs_expect(r, 1, 0, data, SIZE);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_int_equal(list.c[0].ranks, 1);
	assert_string_equal(list.c[0].label, "warm");
	assert_int_equal(list.c[0].chunks_done, 12);
	assert_int_equal(list.c[0].progress.iteration, 77);
	assert_true(list.c[0].progress.current_time == 0.1);
	assert_true(list.c[0].progress.error_estimate == 1e-9);
	assert_int_equal(list.c[0].bytes, SIZE);
	assert_ok(checkpoint_check(r, &list.c[0], true, &d->err), &d->err);
	checkpoint_list_free(&list);
	free(data);
	run_close(r);
}

static void test_unchanged_blocks_are_not_written_again(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	unsigned char *data = make_data(2);
	struct packed_done done;

	write_one(r, data, &done, &d->err);
	assert_true(done.stored >= SIZE);
	data[700 * KIB] ^= 1;
	write_one(r, data, &done, &d->err);
	assert_true(done.stored <= 256 * KIB);
	assert_int_equal(packs_files(r, "parent."), 1);
	data[0] ^= 1;
	write_one(r, data, &done, &d->err);
	assert_int_equal(packs_files(r, "parent."), 3);
	/* what it came from goes, and takes nothing from it */
	assert_int_equal(checkpoint_prune(r, 1, 1, 0, &d->err), 2);
	packs_expect(r, 3, 0, data, SIZE);
	assert_false(done.unshared);
	free(data);
	run_close(r);
}

static void test_without_links_all_is_written(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	unsigned char *data = make_data(3);
	struct packed_done done;

	write_one(r, data, &done, &d->err);
	no_links = true;
	write_one(r, data, &done, &d->err);
	no_links = false;
	assert_true(done.stored >= SIZE && done.unshared);
	assert_int_equal(packs_files(r, "parent."), 0);
	packs_expect(r, 2, 0, data, SIZE);
	free(data);
	run_close(r);
}

/* ---- ranks ---- */

static void test_a_checkpoint_is_there_when_all_ranks_are(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_done done;
	char text[8];

	for (unsigned rank = 0; rank < 4; rank++) {
		struct packed_options opt = { .rank = rank, .ranks = 4,
					      .step = 7 };

		snprintf(text, sizeof(text), "rank %u", rank);
		assert_int_equal(packs_write(r, 1, &opt, text, 6, &done,
					     &d->err), rank == 3);
	}
	assert_int_equal(done.id, 1);
	for (unsigned rank = 0; rank < 4; rank++) {
		snprintf(text, sizeof(text), "rank %u", rank);
		packs_expect(r, 1, rank, text, 6);
	}
	assert_int_equal(packs_files(r, ".staging"), 0);
	run_close(r);
}

static void test_what_a_dead_process_staged_is_void(void **state)
{
	struct packed_options zero = { .rank = 0, .ranks = 2, .step = 1 },
			      one = { .rank = 1, .ranks = 2, .step = 1 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_done done;

	assert_int_equal(packs_write(r, 1, &zero, "old", 3, &done, &d->err),
			 0);
	assert_ok(packed_forget(r, 1, 0, &d->err), &d->err);
	assert_int_equal(packs_files(r, "part."), 0);
	assert_int_equal(packs_files(r, ".staging"), 1);
	assert_int_equal(packs_write(r, 1, &one, "new", 3, &done, &d->err),
			 0);
	assert_ok(packed_forget(r, 1, 0, &d->err), &d->err);
	assert_int_equal(packs_write(r, 1, &zero, "new", 3, &done, &d->err),
			 1);
	packs_expect(r, 1, 0, "new", 3);
	run_close(r);
}

/* Who was killed between MANIFEST and the number left it to others. */
static void test_a_manifest_of_a_dead_process_is_void(void **state)
{
	struct packed_options zero = { .rank = 0, .ranks = 2, .step = 1 },
			      one = { .rank = 1, .ranks = 2, .step = 1 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_done done;

	assert_int_equal(packs_write(r, 1, &zero, "old", 3, &done, &d->err),
			 0);
	no_number = true;
	assert_int_equal(packs_write(r, 1, &one, "old", 3, &done, &d->err),
			 -1);
	no_number = false;
	assert_int_equal(packs_files(r, "MANIFEST"), 1);
	assert_ok(packed_forget(r, 1, 0, &d->err), &d->err);
	assert_ok(packed_forget(r, 1, 1, &d->err), &d->err);
	assert_int_equal(packs_write(r, 1, &zero, "newer", 5, &done, &d->err),
			 0);
	assert_int_equal(packs_write(r, 1, &one, "newer", 5, &done, &d->err),
			 1);
	packs_expect(r, 1, 0, "newer", 5);
	packs_expect(r, 1, 1, "newer", 5);
	run_close(r);
}

static void test_a_step_that_was_never_whole_is_swept(void **state)
{
	struct packed_options zero = { .rank = 0, .ranks = 2, .step = 1 },
			      one = { .rank = 1, .ranks = 2, .step = 2 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_done done;

	packs_write(r, 1, &zero, "a", 1, &done, &d->err);
	packs_write(r, 1, &one, "b", 1, &done, &d->err);
	assert_int_equal(packs_files(r, ".staging"), 2);
	zero.step = 2;
	assert_int_equal(packs_write(r, 1, &zero, "b", 1, &done, &d->err), 1);
	assert_int_equal(packs_files(r, ".staging"), 0);
	run_close(r);
}

static void test_an_abandoned_part_leaves_nothing(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_options opt = { .ranks = 1, .step = 1 };
	unsigned char *data = make_data(4);
	struct packed_done done;

	write_one(r, data, &done, &d->err);
	packed_abandon(packs_begin(r, 1, &opt, data, SIZE, &d->err));
	opt.ranks = 3;
	packed_abandon(packs_begin(r, 1, &opt, data, SIZE, &d->err));
	assert_int_equal(packs_files(r, ".staging"), 0);
	free(data);
	run_close(r);
}

/* ---- what must not be ---- */

static void test_a_fenced_attempt_publishes_nothing(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct packed_options opt = { .ranks = 1, .step = 1 };
	struct packed_writer *w = packs_begin(r, 1, &opt, "x", 1, &d->err);

	runs_begin(r, NULL, 0);
	assert_fails(packed_commit(w, NULL, &d->err), &d->err, BELAY_EFENCED,
		     "attempt 2 has begun");
	assert_int_equal(packs_files(r, "0"), 0);
	assert_null(packs_begin(r, 1, &opt, "x", 1, &d->err));
	assert_int_equal(d->err.code, BELAY_EFENCED);
	run_close(r);
}

static void test_a_damaged_part_is_found(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	unsigned char *data = make_data(5);
	struct checkpoint_list list;
	struct packed_done done;
	char path[512];

	write_one(r, data, &done, &d->err);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	snprintf(path, sizeof(path), "%s/checkpoints/000001/part.0", r->dir);
	assert_int_equal(truncate(path, 4096), 0);
	assert_fails(checkpoint_check(r, &list.c[0], false, &d->err), &d->err,
		     BELAY_ECORRUPT, "file has 4096 bytes");
	assert_int_equal(unlink(path), 0);
	assert_fails(checkpoint_check(r, &list.c[0], false, &d->err), &d->err,
		     BELAY_ECORRUPT, "file is missing: 'part.0'");
	checkpoint_list_free(&list);
	free(data);
	run_close(r);
}

static void test_ranks_that_cannot_be_are_refused(void **state)
{
	struct packed_options opt = { .rank = 2, .ranks = 2 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	assert_null(packed_begin(r, 1, &opt, &d->err));
	assert_non_null(strstr(d->err.text, "rank 2 of 2 ranks"));
	opt.ranks = CHECKPOINT_RANKS_MAX + 1;
	assert_null(packed_begin(r, 1, &opt, &d->err));
	run_close(r);
}

static void test_it_is_restored_as_files(void **state)
{
	static const char npy[] = "\x93NUMPY\x01\x00v\0{'descr': '|u1', "
				  "'fortran_order': False, 'shape': (6,), }";
	struct packed_options opt = { .ranks = 1, .step = 1 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_list list;
	struct packed_done done;
	char into[64], path[128], got[256];
	FILE *f;

	packs_write(r, 1, &opt, "abcdef", 6, &done, &d->err);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	snprintf(into, sizeof(into), "%s/out", d->path);
	assert_ok(checkpoint_restore(r, &list.c[0], into, &d->err), &d->err);
	snprintf(path, sizeof(path), "%s/0/field.npy", into);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof(got), f), 128 + 6);
	fclose(f);
	assert_memory_equal(got, npy, sizeof(npy) - 1);
	assert_memory_equal(got + 127, "\nabcdef", 7);
	checkpoint_list_free(&list);
	run_close(r);
}

/* ---- any order of commits and prunes ---- */

#define KEPT 64

struct model {
	struct { uint64_t id; unsigned char *data; } kept[KEPT];
	unsigned n;
};

static void keep_newest(struct model *m, unsigned keep)
{
	while (m->n > keep) {
		free(m->kept[0].data);
		memmove(m->kept, m->kept + 1, --m->n * sizeof(m->kept[0]));
	}
}

static void change(unsigned char *data)
{
	for (int i = rand() % 3; i >= 0; i--)
		data[rand() % SIZE]++;
	if (rand() % 4 == 0)
		memset(data + rand() % (SIZE / 2), rand(), SIZE / 3);
}

static void test_every_kept_one_is_whole_in_any_order(void **state)
{
	const char *rounds = getenv("ROUNDS");
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	unsigned char *data = make_data(6);
	struct model m = { .n = 0 };
	struct packed_done done;

	srand(20);
	for (int i = rounds ? atoi(rounds) : 40; i > 0; i--) {
		unsigned keep = 1 + (unsigned)rand() % 5;

		change(data);
		m.kept[m.n].data = malloc(SIZE);
		memcpy(m.kept[m.n].data, data, SIZE);
		m.kept[m.n++].id = write_one(r, data, &done, &d->err);
		if (rand() % 3 == 0 || m.n == KEPT) {
			assert_true(checkpoint_prune(r, 1, keep, 0,
						     &d->err) >= 0);
			keep_newest(&m, keep);
		}
		for (unsigned k = 0; k < m.n; k++)
			packs_expect(r, m.kept[k].id, 0, m.kept[k].data, SIZE);
	}
	keep_newest(&m, 0);
	free(data);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_is_put_is_read_back),
		TEST_IN_TMPDIR(test_unchanged_blocks_are_not_written_again),
		TEST_IN_TMPDIR(test_without_links_all_is_written),
		TEST_IN_TMPDIR(test_a_checkpoint_is_there_when_all_ranks_are),
		TEST_IN_TMPDIR(test_what_a_dead_process_staged_is_void),
		TEST_IN_TMPDIR(test_a_manifest_of_a_dead_process_is_void),
		TEST_IN_TMPDIR(test_a_step_that_was_never_whole_is_swept),
		TEST_IN_TMPDIR(test_an_abandoned_part_leaves_nothing),
		TEST_IN_TMPDIR(test_a_fenced_attempt_publishes_nothing),
		TEST_IN_TMPDIR(test_a_damaged_part_is_found),
		TEST_IN_TMPDIR(test_ranks_that_cannot_be_are_refused),
		TEST_IN_TMPDIR(test_it_is_restored_as_files),
		TEST_IN_TMPDIR(test_every_kept_one_is_whole_in_any_order),
	};

	return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
