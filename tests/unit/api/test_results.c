/* SPDX-License-Identifier: Apache-2.0 */
/* test_results.c - a result comes back as it was, once, or not at all */

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/array.h"
#include "base/cleanup.h"
#include "tests/support/damage.h"
#include "tests/support/handles.h"

/* The result of a chunk: its number as text, and so many squares. */
struct sample {
	char text[16];
	double squares[2000];
	uint64_t lengths[2];
	struct belay_array arrays[2];
};

static void make_sample(struct sample *s, uint64_t chunk, uint64_t squares)
{
	snprintf(s->text, sizeof(s->text), "chunk %d", (int)chunk);
	s->lengths[0] = strlen(s->text);
	s->lengths[1] = squares;
	for (uint64_t i = 0; i < squares; i++)
		s->squares[i] = (double)(chunk * i * i);
	s->arrays[0] = (struct belay_array){ "", BELAY_BYTES, 1, s->lengths,
					     s->text };
	s->arrays[1] = (struct belay_array){ "squares", BELAY_F64, 1,
					     s->lengths + 1, s->squares };
}

static void finish(struct belay *b, uint64_t chunk, uint64_t squares,
		   struct tmpdir *d)
{
	struct sample s;

	make_sample(&s, chunk, squares);
	assert_ok(belay_chunk_done_with(b, NULL, chunk, s.arrays, 2, &d->err),
		  &d->err);
}

static void assert_sample(const struct belay_result *r, uint64_t squares)
{
	struct sample s;

	make_sample(&s, r->chunk, squares);
	assert_int_equal(r->n_arrays, 2);
	for (int i = 0; i < 2; i++) {
		const struct belay_array *a = &r->arrays[i];

		assert_string_equal(a->name, s.arrays[i].name);
		assert_int_equal(a->type, s.arrays[i].type);
		assert_int_equal(a->dims, 1);
		assert_int_equal(a->shape[0], s.lengths[i]);
		assert_int_equal((uintptr_t)a->data % 8, 0);
		assert_memory_equal(a->data, s.arrays[i].data,
				    belay_array_bytes(a));
	}
}

static struct belay *start(struct run *r, unsigned n, unsigned batch,
			   struct tmpdir *d)
{
	struct belay *b = handles_open(r, n, batch, d);

	assert_ok(belay_chunks(b, NULL, 64, &d->err), &d->err);
	return b;
}

/* A length for each chunk: some go into records, some into files. */
static uint64_t length_of(uint64_t chunk)
{
	static const uint64_t lengths[] = { 0, 1, 7, 500, 503, 520, 2000 };

	return lengths[chunk % 7];
}

/* Every result is a sample; which chunks have one. */
static uint64_t read_all(struct belay *b, unsigned attempt, struct tmpdir *d)
{
	struct belay_results *it = belay_results_open(b, NULL, &d->err);
	struct belay_result result;
	uint64_t had = 0;
	int rc;

	assert_non_null(it);
	while ((rc = belay_results_next(it, &result, &d->err)) == 1) {
		assert_false(had & 1ull << result.chunk);
		had |= 1ull << result.chunk;
		assert_string_equal(result.node, "n1");
		if (attempt)
			assert_int_equal(result.attempt, attempt);
		assert_in_range(result.done_us, 1700000000000000, INT64_MAX);
		assert_sample(&result, length_of(result.chunk));
	}
	assert_ok(rc, &d->err);
	belay_results_close(it);
	return had;
}

static void test_results_come_back(void **state)
{
	static const unsigned batches[] = { 1, 7, 1000 };
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	uint64_t wanted = 0;

	for (unsigned i = 0; i < 3; i++) {
		struct belay *b = start(r, n, batches[i], d);

		for (uint64_t c = i; c < 64; c += 4) {
			finish(b, c, length_of(c), d);
			wanted |= 1ull << c;
		}
		assert_int_equal(read_all(b, 1, d), wanted);
		assert_ok(belay_close(b, 0, &d->err), &d->err);
	}
	run_close(r);
}

static void test_they_survive_their_attempt(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 5, d);
	uint64_t chunk;

	for (uint64_t c = 0; c < 32; c++)
		finish(b, c, length_of(c), d);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	b = start(r, testrun_begin(r, d), 5, d);
	while (belay_chunk_next(b, NULL, &chunk, &d->err) == 1)
		finish(b, chunk, length_of(chunk), d);
	assert_int_equal(read_all(b, 0, d), UINT64_MAX);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

/* Of two processes that finish the same chunk one counts; a second word of the
 * same process is not even recorded. */
static void test_a_chunk_has_one_result(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *a = start(r, n, 1, d), *b = start(r, n, 1, d);

	for (uint64_t c = 0; c < 8; c++) {
		finish(a, c, length_of(c), d);
		finish(b, c, length_of(c), d);
		finish(b, c, 3, d);
	}
	assert_int_equal(read_all(a, 1, d), 0xff);
	assert_ok(belay_close(a, 0, &d->err), &d->err);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

/* What an old attempt still writes exists, and does not count. */
static void test_late_results_do_not_count(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *old = start(r, testrun_begin(r, d), 1, d), *b;
	struct sample s;

	finish(old, 1, length_of(1), d);
	b = start(r, testrun_begin(r, d), 1, d);
	make_sample(&s, 2, 2000);
	assert_fails(belay_chunk_done_with(old, NULL, 2, s.arrays, 2, &d->err),
		     &d->err, BELAY_EFENCED, "has begun");
	assert_int_equal(read_all(b, 1, d), 2);
	finish(b, 2, length_of(2), d);
	assert_int_equal(read_all(b, 0, d), 6);
	belay_close(old, 0, NULL);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_a_chunk_may_have_no_result(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 1, d);
	struct belay_results *it;
	struct belay_result result;

	assert_ok(belay_chunk_done(b, NULL, 9, &d->err), &d->err);
	it = belay_results_open(b, NULL, &d->err);
	assert_int_equal(belay_results_next(it, &result, &d->err), 1);
	assert_int_equal(result.chunk, 9);
	assert_int_equal(result.n_arrays, 0);
	assert_int_equal(belay_results_next(it, &result, &d->err), 0);
	belay_results_close(it);
	it = belay_results_open(b, "another", &d->err);
	assert_int_equal(belay_results_next(it, &result, &d->err), 0);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	belay_results_close(it);
	run_close(r);
}

static void results_file(struct run *r, char path[512])
{
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/attempts/*/results/*.dat",
		 r->dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	snprintf(path, 512, "%s", found.gl_pathv[0]);
	globfree(&found);
}

/* The chunk whose bytes are wrong is named, and the others come. */
static void test_a_damaged_result_is_named(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay *b = start(r, testrun_begin(r, d), 1, d);
	struct belay_results *it;
	struct belay_result result;
	char path[512];
	struct bytes file;

	for (uint64_t c = 0; c < 3; c++)
		finish(b, c, 2000, d);
	results_file(r, path);
	file = damage_read(path);
	file.data[file.len / 2] ^= 1;
	damage_write(path, &file);
	it = belay_results_open(b, NULL, &d->err);
	assert_int_equal(belay_results_next(it, &result, &d->err), 1);
	assert_sample(&result, 2000);
	assert_fails(belay_results_next(it, &result, &d->err), &d->err,
		     BELAY_ECORRUPT, "chunk 1: ");
	assert_int_equal(belay_results_next(it, &result, &d->err), 1);
	assert_int_equal(result.chunk, 2);
	belay_results_close(it);
	unlink(path);
	it = belay_results_open(b, NULL, &d->err);
	assert_fails(belay_results_next(it, &result, &d->err), &d->err,
		     BELAY_ECORRUPT, "chunk 0: ");
	belay_results_close(it);
	free(file.data);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

struct damaged {
	const char *path;
	struct belay *b;
	bool is_journal;	/* then results may be missing, too */
	struct tmpdir *d;
};

/* What is given is what was recorded; what is not, is said to be damaged. */
static void read_damaged(const char *what, const struct bytes *bad, void *arg)
{
	const struct damaged *f = arg;
	struct belay_results *it;
	struct belay_result result;
	int given = 0, refused = 0, rc;

	damage_write(f->path, bad);
	it = belay_results_open(f->b, NULL, &f->d->err);
	assert_non_null(it);
	while ((rc = belay_results_next(it, &result, &f->d->err)) != 0) {
		if (rc == 1)
			assert_sample(&result, length_of(result.chunk));
		else
			assert_int_equal(f->d->err.code, BELAY_ECORRUPT);
		given += rc == 1;
		refused += rc < 0;
	}
	belay_results_close(it);
	if (f->is_journal ? given + refused > 8 : given + refused != 8)
		fail_msg("%s: %d given, %d refused", what, given, refused);
}

static void test_no_damage_is_believed(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	unsigned n = testrun_begin(r, d);
	struct belay *b = start(r, n, 3, d);
	char data[512], journal[512];
	const char *paths[] = { data, journal };

	for (uint64_t c = 0; c < 8; c++)
		finish(b, c, length_of(c), d);
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	results_file(r, data);
	testrun_journal(r, n, ".log", journal);
	b = handles_open(r, n, 1, d);
	for (int i = 0; i < 2; i++) {
		struct bytes good = damage_read(paths[i]);
		struct damaged f = { paths[i], b, i == 1, d };

		/* a journal is mostly zeros that nobody has written */
		good.len = good.len > 65536 ? 65536 : good.len;
		printf("# %u damaged files\n",
		       damage_each(&good, &good, getenv("EVERY") ? 1 : 499,
				   read_damaged, &f));
		damage_write(paths[i], &good);
		free(good.data);
	}
	assert_ok(belay_close(b, 0, &d->err), &d->err);
	run_close(r);
}

static void test_what_is_no_array_is_refused(void **state)
{
	static const uint64_t one[] = { 1 }, huge[] = { UINT64_MAX / 2, 8 };
	static char data[8], name[300];
	const struct {
		struct belay_array a[2];
		unsigned n;
		const char *words;
	} cases[] = {
		{ { { NULL, BELAY_I8, 1, one, data } }, 1, "array's name" },
		{ { { "a\nb", BELAY_I8, 1, one, data } }, 1, "array's name" },
		{ { { name, BELAY_I8, 1, one, data } }, 1, "array's name" },
		{ { { "a", 99, 1, one, data } }, 1, "no such type: 99" },
		{ { { "a", BELAY_I8, 17, one, data } }, 1, "17 dimensions" },
		{ { { "a", BELAY_I8, 1, NULL, data } }, 1, "1 dimensions" },
		{ { { "a", BELAY_F64, 2, huge, data } }, 1, "larger than" },
		{ { { "a", BELAY_I8, 1, one, NULL } }, 1, "has no data" },
		{ { { "a", BELAY_I8, 1, one, data },
		    { "a", BELAY_I8, 1, one, data } }, 2, "are called 'a'" },
	};
	struct belay_error err;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_auto_buf_ struct buf out = { 0 };

		assert_fails(api_encode_result(cases[i].a, cases[i].n, &out,
					       &err), &err, BELAY_EINVAL,
			     cases[i].words);
	}
}

/* A result that is cut anywhere is none, and nothing reads behind its end. */
static void test_a_result_cut_anywhere_is_refused(void **state)
{
	_auto_buf_ struct buf out = { 0 };
	struct belay_array *arrays = NULL;
	struct belay_error err;
	struct sample s;
	unsigned n;

	(void)state;
	make_sample(&s, 3, 5);
	assert_ok(api_encode_result(s.arrays, 2, &out, &err), &err);
	assert_int_equal(out.len % 8, 0);
	for (size_t len = 0; len < out.len; len++) {
		void *exact = malloc(len + 1);

		memcpy(exact, out.data, len);
		assert_fails(api_decode_result(exact, len, &arrays, &n, &err),
			     &err, BELAY_ECORRUPT, "not a result");
		free(exact);
	}
	assert_ok(api_decode_result(out.data, out.len, &arrays, &n, &err),
		  &err);
	assert_int_equal(n, 2);
	free(arrays);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_results_come_back),
		TEST_IN_TMPDIR(test_they_survive_their_attempt),
		TEST_IN_TMPDIR(test_a_chunk_has_one_result),
		TEST_IN_TMPDIR(test_late_results_do_not_count),
		TEST_IN_TMPDIR(test_a_chunk_may_have_no_result),
		TEST_IN_TMPDIR(test_a_damaged_result_is_named),
		TEST_IN_TMPDIR(test_no_damage_is_believed),
		cmocka_unit_test(test_what_is_no_array_is_refused),
		cmocka_unit_test(test_a_result_cut_anywhere_is_refused),
	};

	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
