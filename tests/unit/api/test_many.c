/* SPDX-License-Identifier: Apache-2.0 */
/* test_many.c - ten million chunks fit into the memory of a small process */

#include <stdio.h>
#include <sys/resource.h>

#include "chunk/state.h"
#include "tests/support/handles.h"

#define MANY 10000000u
#define AT_MOST_KB (64u << 10)

/* 100 000 are done and one is lost before, so all that is kept of chunks is. */
static void test_ten_million_chunks_take_less_than_64_mib(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct belay_chunk_counts counts;
	struct rusage use;
	struct belay *b;
	uint64_t chunk;

	for (unsigned n = 1; n <= 2; n++) {
		b = handles_open(r, testrun_begin(r, d), 1000, d);
		assert_ok(belay_chunks(b, NULL, MANY, &d->err), &d->err);
		for (int i = 0; i < 50000; i++) {
			assert_ok(belay_chunk_next(b, NULL, &chunk, &d->err),
				  &d->err);
			assert_ok(belay_chunk_done(b, NULL, chunk, &d->err),
				  &d->err);
		}
		assert_ok(belay_chunk_next(b, NULL, &chunk, &d->err), &d->err);
		assert_ok(belay_flush(b, &d->err), &d->err);
		assert_ok(belay_chunk_counts(b, NULL, &counts, &d->err),
			  &d->err);
		assert_int_equal(counts.done, n * 50000);
		assert_ok(belay_close(b, 0, &d->err), &d->err);
	}
	run_close(r);
	getrusage(RUSAGE_SELF, &use);
	printf("# %ld KiB at most\n", use.ru_maxrss);
#ifndef __SANITIZE_ADDRESS__
	assert_in_range(use.ru_maxrss, 1, AT_MOST_KB);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_ten_million_chunks_take_less_than_64_mib),
	};

	return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
