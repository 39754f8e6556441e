/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - events become the state of chunks, in any order of writers */

#include <stdlib.h>
#include <sys/resource.h>

#include "chunk/state.h"
#include "tests/support/test.h"

static struct belay_error err;

/* ---- a short way to write events ---- */

struct step {
	unsigned attempt;
	const char *writer;
	enum event_type type;
	uint64_t chunk;
	uint32_t try;
	const char *node;
	uint8_t kind;
	bool final;		/* not worth a retry */
};

/* attempt, writer, chunk, and what else there is to say */
#define SET(a, w) \
	{ .attempt = a, .writer = w, .type = EVENT_SET }
#define BEGIN(a, w, c, t, n) \
	{ .attempt = a, .writer = w, .type = EVENT_CHUNK_BEGIN, .chunk = c, \
	  .try = t, .node = n }
#define DONE(a, w, c) \
	{ .attempt = a, .writer = w, .type = EVENT_CHUNK_DONE, .chunk = c }
#define FAIL(a, w, c, k, n) \
	{ .attempt = a, .writer = w, .type = EVENT_CHUNK_FAIL, .chunk = c, \
	  .kind = k, .node = n }
#define FINAL(a, w, c, k, n) \
	{ .attempt = a, .writer = w, .type = EVENT_CHUNK_FAIL, .chunk = c, \
	  .kind = k, .node = n, .final = true }
#define GIVE_UP(a, w, c) \
	{ .attempt = a, .writer = w, .type = EVENT_CHUNK_GIVE_UP, .chunk = c }

static void fold(struct chunk_state *s, const struct step *step)
{
	struct event e = {
		.type = step->type, .attempt = step->attempt,
		.writer = step->writer, .set = 1, .chunk = step->chunk,
		.try = step->try, .kind = step->kind,
		.retryable = !step->final, .time_us = 1000,
		.count = 10, .name = "main",
	};

	if (step->node)
		strcpy(e.node, step->node);
	assert_ok(chunk_state_fold(s, &e, &err), &err);
}

static struct chunk_state *fold_all(const struct step *steps, size_t n)
{
	struct chunk_state *s = chunk_state_new();

	assert_non_null(s);
	for (size_t i = 0; i < n && steps[i].writer; i++) {
		const struct step define = SET(steps[i].attempt,
					       steps[i].writer);

		if (!i || strcmp(steps[i].writer, steps[i - 1].writer) ||
		    steps[i].attempt != steps[i - 1].attempt)
			fold(s, &define);
		fold(s, &steps[i]);
	}
	return s;
}

static void test_a_chunk_goes_its_way(void **state)
{
	static const struct {
		const char *name;
		struct step step[6];
		enum chunk_status status;
		uint32_t fails, lost;
	} cases[] = {
		{ "nothing", { SET(1, "a") }, CHUNK_PENDING, 0, 0 },
		{ "begun", { BEGIN(1, "a", 0, 1, "n1") },
		  CHUNK_RUNNING, 0, 0 },
		{ "done", { BEGIN(1, "a", 0, 1, "n1"),
			    DONE(1, "a", 0) }, CHUNK_DONE, 0, 0 },
		{ "done without a beginning", { DONE(1, "a", 0) },
		  CHUNK_DONE, 0, 0 },
		{ "failed", { BEGIN(1, "a", 0, 1, "n1"),
			      FAIL(1, "a", 0, FAIL_EXIT, "n1") },
		  CHUNK_RETRYING, 1, 0 },
		{ "failed and begun again",
		  { BEGIN(1, "a", 0, 1, "n1"),
		    FAIL(1, "a", 0, FAIL_EXIT, "n1"),
		    BEGIN(1, "a", 0, 2, "n2") }, CHUNK_RUNNING, 1, 0 },
		{ "failed for good",
		  { FINAL(1, "a", 0, FAIL_EXIT, "n1") },
		  CHUNK_QUARANTINED, 1, 0 },
		{ "given up", { FAIL(1, "a", 0, FAIL_EXIT, "n1"),
				GIVE_UP(1, "a", 0) },
		  CHUNK_QUARANTINED, 1, 0 },
		{ "its worker was lost",
		  { BEGIN(1, "a", 0, 1, "n1"),
		    FAIL(1, "a", 0, FAIL_LOST, "n1") },
		  CHUNK_PENDING, 0, 1 },
		{ "done is final",
		  { DONE(1, "a", 0), FINAL(1, "a", 0, FAIL_EXIT, "n1"),
		    GIVE_UP(1, "a", 0), BEGIN(2, "a", 0, 1, "n1") },
		  CHUNK_DONE, 1, 0 },
		{ "given up, and done after all",
		  { GIVE_UP(1, "a", 0), DONE(1, "b", 0) },
		  CHUNK_DONE, 0, 0 },
		{ "the failure is read before the beginning",
		  { FAIL(1, "a", 0, FAIL_EXIT, "n2"),
		    BEGIN(1, "b", 0, 1, "n1") }, CHUNK_RETRYING, 1, 0 },
		{ "the failure is read after the second beginning",
		  { BEGIN(1, "a", 0, 1, "n1"), BEGIN(1, "a", 0, 2, "n1"),
		    FAIL(1, "b", 0, FAIL_EXIT, "n2") },
		  CHUNK_RUNNING, 1, 0 },
		{ "tries that nobody counted",
		  { BEGIN(1, "a", 0, 0, "n1"),
		    FAIL(1, "a", 0, FAIL_EXIT, "n1"),
		    BEGIN(1, "a", 0, 0, "n1") }, CHUNK_RUNNING, 1, 0 },
		{ "beyond the end of the set", { DONE(1, "a", 10) },
		  CHUNK_PENDING, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chunk_state *s = fold_all(cases[i].step, 6);
		struct chunk_set *set = chunk_set_find(s, "main");
		const struct chunk_trouble *t = set ? chunk_trouble_of(set, 0)
						    : NULL;
		enum chunk_status status = set ? set->status[0] : CHUNK_PENDING;

		if (status != cases[i].status)
			fail_msg("%s: %s", cases[i].name,
				 chunk_status_word[status]);
		assert_int_equal(t ? t->fails : 0, cases[i].fails);
		assert_int_equal(t ? t->lost : 0, cases[i].lost);
		chunk_state_free(s);
	}
}

static void test_the_first_done_is_the_one_that_counts(void **state)
{
	static const struct step steps[] = {
		DONE(1, "a", 0), DONE(1, "a", 1), DONE(1, "b", 1),
		DONE(2, "a", 1), DONE(2, "a", 2),
	};
	struct chunk_state *s = fold_all(steps, 5);
	uint64_t n[5], total;

	(void)state;
	assert_int_equal(s->n_attempts, 3);
	assert_int_equal(s->done_by_attempt[1], 2);
	assert_int_equal(s->done_by_attempt[2], 1);
	chunk_totals(s, n, &total);
	assert_int_equal(n[CHUNK_DONE], 3);
	assert_int_equal(n[CHUNK_PENDING], 7);
	assert_int_equal(total, 10);
	chunk_state_free(s);
}

static void test_the_end_of_an_attempt_loses_what_ran_on_suspects(void **state)
{
	static const struct step steps[] = {
		BEGIN(1, "a", 0, 1, "n1"), BEGIN(1, "a", 1, 1, "n2"),
		BEGIN(1, "a", 2, 1, "n1"), DONE(1, "a", 2),
	};
	static const struct { const char *suspects; uint32_t lost[2]; } cases[] = {
		{ "n1", { 1, 0 } }, { "n[1-2]", { 1, 1 } }, { "", { 0, 0 } },
		{ NULL, { 1, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chunk_state *s = fold_all(steps, 4);
		struct chunk_set *set = s->sets;

		assert_ok(chunk_state_end_attempt(s, 1, cases[i].suspects, &err),
			  &err);
		assert_int_equal(set->n[CHUNK_RUNNING], 0);
		assert_int_equal(set->n[CHUNK_PENDING], 9);
		for (uint64_t c = 0; c < 2; c++) {
			const struct chunk_trouble *t = chunk_trouble_of(set, c);

			assert_int_equal(t ? t->lost : 0, cases[i].lost[c]);
		}
		chunk_state_free(s);
	}
}

static void test_the_nodes_that_lost_a_chunk_are_remembered(void **state)
{
	static const char *const nodes[] = { "n1", "n11", "n1", "n2", "n11" };
	struct chunk_state *s = chunk_state_new();
	const struct chunk_trouble *t;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		const struct step steps[] = {
			SET(i + 1, "a"),
			BEGIN(i + 1, "a", 3, i + 1, nodes[i]),
		};

		fold(s, &steps[0]);
		fold(s, &steps[1]);
		assert_ok(chunk_state_end_attempt(s, i + 1, NULL, &err), &err);
	}
	t = chunk_trouble_of(s->sets, 3);
	assert_int_equal(t->lost, 5);
	assert_string_equal(t->lost_nodes, "n1,n11,n2");
	assert_string_equal(t->node, "n11");
	assert_string_equal(t->reason, "lost in attempt 5");
	chunk_state_free(s);
}

static void test_late_records_are_only_counted(void **state)
{
	struct chunk_state *s = chunk_state_new();
	struct event e = { .type = EVENT_BEAT, .late = true, .writer = "a" };

	(void)state;
	assert_ok(chunk_state_fold(s, &e, &err), &err);
	assert_int_equal(s->late, 1);
	assert_int_equal(s->beats, 0);
	e.late = false;
	e.time_us = 77;
	assert_ok(chunk_state_fold(s, &e, &err), &err);
	assert_int_equal(s->beats, 1);
	assert_int_equal(s->last_progress_us, 77);
	chunk_state_free(s);
}

static void test_another_definition_of_a_set_is_refused(void **state)
{
	static const uint8_t items[16] = { 1 }, other[16] = { 2 };
	struct chunk_state *s = chunk_state_new();
	struct chunk_set *set;

	(void)state;
	set = chunk_set_define(s, "main", 10, items, items, &err);
	assert_non_null(set);
	assert_ptr_equal(chunk_set_define(s, "main", 10, items, items, &err), set);
	assert_ptr_equal(chunk_set_define(s, "main", 10, NULL, NULL, &err), set);

	assert_null(chunk_set_define(s, "main", 11, items, items, &err));
	assert_string_equal(err.text, "set 'main' has 10 chunks in this run, "
			    "not 11; use another set or another run");
	assert_int_equal(err.code, BELAY_ECONFIG);
	assert_null(chunk_set_define(s, "main", 10, other, items, &err));
	assert_string_equal(err.text, "set 'main' was made from other items; "
			    "use another set or another run");
	assert_null(chunk_set_define(s, "main", 10, items, other, &err));
	assert_string_equal(err.text, "set 'main' was made for another command; "
			    "use another set or another run");
	assert_null(chunk_set_define(s, "a/b", 10, items, items, &err));
	assert_string_equal(err.text, "not a set's name: 'a/b'");
	assert_null(chunk_set_define(s, "big", 1ull << 40, NULL, NULL, &err));
	assert_string_equal(err.text, "too many chunks: 1099511627776; "
			    "a set has at most 1073741824");
	chunk_state_free(s);
}

static void test_each_journal_numbers_its_sets_itself(void **state)
{
	struct chunk_state *s = chunk_state_new();
	static const struct { const char *writer, *name; uint32_t set; } given[] = {
		{ "a", "x", 1 }, { "a", "y", 2 }, { "b", "y", 1 }, { "b", "x", 2 },
		{ "b", "z", 2 },	/* and the newest counts */
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct event e = { .type = EVENT_SET, .writer = given[i].writer,
				   .attempt = 1, .set = given[i].set, .count = 5 };

		strcpy(e.name, given[i].name);
		assert_ok(chunk_state_fold(s, &e, &err), &err);
		e.type = EVENT_CHUNK_DONE;
		e.chunk = i;
		assert_ok(chunk_state_fold(s, &e, &err), &err);
		e.set = 9;	/* of which nothing is known */
		assert_ok(chunk_state_fold(s, &e, &err), &err);
		assert_int_equal(chunk_set_find(s, given[i].name)->status[i],
				 CHUNK_DONE);
	}
	chunk_state_free(s);
}

static void test_a_hundred_thousand_failures_take_little_memory(void **state)
{
	struct event e = { .type = EVENT_SET, .attempt = 1, .writer = "w",
			   .set = 1, .count = 100000, .name = "main" };
	struct chunk_state *s = chunk_state_new();
	struct rusage before, after;

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(chunk_state_fold(s, &e, NULL), 0);
	e.type = EVENT_CHUNK_FAIL;
	e.kind = FAIL_EXIT;
	e.value = 3;
	e.retryable = true;
	strcpy(e.node, "node0017");
	for (; e.chunk < e.count; e.chunk++)
		assert_int_equal(chunk_state_fold(s, &e, NULL), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(s->sets->n[CHUNK_RETRYING], 100000);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 60 << 10);
	chunk_state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chunk_goes_its_way),
		cmocka_unit_test(test_the_first_done_is_the_one_that_counts),
		cmocka_unit_test(
			test_the_end_of_an_attempt_loses_what_ran_on_suspects),
		cmocka_unit_test(test_the_nodes_that_lost_a_chunk_are_remembered),
		cmocka_unit_test(test_late_records_are_only_counted),
		cmocka_unit_test(test_another_definition_of_a_set_is_refused),
		cmocka_unit_test(test_each_journal_numbers_its_sets_itself),
		cmocka_unit_test(test_a_hundred_thousand_failures_take_little_memory),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
