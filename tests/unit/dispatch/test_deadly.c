/* SPDX-License-Identifier: Apache-2.0 */
/* test_deadly.c - a checkpoint that nobody gets far with is stepped over */

#include <stdio.h>
#include <stdlib.h>

#include "checkpoint/checkpoint.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "tests/unit/dispatch/world.h"

static void save(struct world *w, unsigned attempt)
{
	struct checkpoint_options opt = { 0 };
	struct run *r = world_run(w);
	char *staging = checkpoint_stage(r, attempt, &w->err);
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/state", staging);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_not_equal(checkpoint_commit(r, attempt, staging, &opt,
					       &w->err), 0);
	free(staging);
	run_close(r);
}

static void record(struct world *w, unsigned attempt, enum event_type type,
		   uint64_t id)
{
	struct event e = { .type = type, .id = id };
	struct run *r = world_run(w);
	struct journal_writer *j = journal_open(r, attempt, "api",
						JOURNAL_SMALL, &w->err);

	assert_non_null(j);
	assert_int_not_equal(event_add(j, &e, &w->err), 0);
	assert_ok(journal_commit(j, &w->err), &w->err);
	journal_close(j);
	run_close(r);
}

/* Attempt 1 saves two; n more restore the second one and die. */
static void die_of_two(struct world *w, unsigned n, int status, bool beats)
{
	strcpy(w->moment.hint.preset, "checkpoint-recovery");
	assert_ok(world_begin(w), &w->err);
	save(w, 1);
	save(w, 1);
	assert_ok(world_end(w, 1), &w->err);
	for (unsigned i = 0; i < n; i++) {
		world_restart(w, "n[1-2]", "n1");
		assert_ok(world_begin(w), &w->err);
		assert_env(w, "BELAY_CHECKPOINT_ID", "2");
		record(w, 2 + i, EVENT_RESTORED, 2);
		if (beats)
			record(w, 2 + i, EVENT_BEAT, 0);
		assert_ok(world_end(w, status), &w->err);
	}
	world_restart(w, "n[1-2]", "n1");
	buf_clear(&w->say);
}

static void test_twice_is_enough(void **state)
{
	struct world *w = *state;

	die_of_two(w, 2, 1, false);
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "1");
	assert_says(w, "checkpoint 2 was restored twice, and the script died "
		       "soon after; 1, the one before, is offered");
}

static void test_once_may_be_chance(void **state)
{
	struct world *w = *state;

	die_of_two(w, 1, 1, false);
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "2");
	assert_string_equal(buf_text(&w->say), "");
}

static void test_who_gets_on_is_not_killed_by_it(void **state)
{
	struct world *w = *state;

	die_of_two(w, 2, 1, true);
	assert_ok(world_begin(w), &w->err);
	assert_env(w, "BELAY_CHECKPOINT_ID", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_twice_is_enough),
		TEST_IN_WORLD(test_once_may_be_chance),
		TEST_IN_WORLD(test_who_gets_on_is_not_killed_by_it),
	};

	return cmocka_run_group_tests_name("deadly", tests, NULL, NULL);
}
