/* SPDX-License-Identifier: Apache-2.0 */
/* test_prune.c - old ones go, but never the one that all rely on */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "tests/support/runs.h"
#include "tests/support/testrun.h"

static int64_t wall_us;		/* 0: as it is */

int64_t __real_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void)
{
	return wall_us ? wall_us : __real_clock_wall_us();
}

static void test_the_newest_good_ones_stay(void **state)
{
	static const char *const left[] = { "000004", "000005", NULL };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	for (int i = 0; i < 5; i++)
		runs_checkpoint(r, 1, "x");
	assert_int_equal(checkpoint_prune(r, 0, 2, 0, &d->err), 3);
	assert_checkpoints(r, left);
	assert_int_equal(checkpoint_prune(r, 0, 2, 0, &d->err), 0);
	assert_int_equal(checkpoint_prune(r, 0, 9, 0, &d->err), 0);
	assert_checkpoints(r, left);
	run_close(r);
}

static void test_keeping_none_is_refused(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	assert_fails(checkpoint_prune(r, 0, 0, 0, &d->err), &d->err, BELAY_EINVAL,
		     "at least one checkpoint is kept");
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 0);
	run_close(r);
}

/* 1 good, 2 damaged, 3 good, 4 and 5 damaged: with one to keep that is 3, and
 * the newer ones stay because nothing better is there. */
static void test_damaged_ones_do_not_count_as_kept(void **state)
{
	static const char *const left[] = { "000002.damaged", "000003", "000004",
					    "000004.damaged", "000005",
					    "000005.damaged", NULL };
	static const char *const later[] = { "000002.damaged", "000004.damaged",
					     "000005.damaged", "000006", NULL };
	static const uint64_t damaged[] = { 2, 4, 5 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	for (int i = 0; i < 5; i++)
		runs_checkpoint(r, 1, "x");
	for (int i = 0; i < 3; i++)
		assert_ok(checkpoint_mark_damaged(r, damaged[i], "x", &d->err),
			  &d->err);
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 2);
	assert_checkpoints(r, left);
	assert_int_equal(runs_checkpoint(r, 1, "x"), 6);
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 3);
	assert_checkpoints(r, later);
	run_close(r);
}

/* Attempt 2 began having seen 1: what attempt 1 published later is late. */
static void test_late_ones_do_not_count(void **state)
{
	static const uint64_t seen[] = { 1 };
	static const char *const left[] = { "000001", "000002", NULL };
	static const char *const later[] = { "000003", NULL };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct checkpoint_list list;

	runs_checkpoint(r, 1, "seen");
	runs_checkpoint(r, 1, "late");
	runs_begin(r, seen, 1);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_false(list.c[0].late);
	assert_true(list.c[1].late);
	assert_int_equal(checkpoint_newest_good(&list)->id, 1);
	checkpoint_list_free(&list);
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 0);
	assert_checkpoints(r, left);
	assert_int_equal(runs_checkpoint(r, 2, "new"), 3);
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 2);
	assert_checkpoints(r, later);
	run_close(r);
}

/* What a newer belay wrote is left alone, by check, by list and by prune. */
static void test_what_cannot_be_read_now_is_not_deleted(void **state)
{
	static const char *const left[] = { "000001", "000002", NULL };
	static const char head[] = "{\"format\":3";
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	struct digest check = digest_of(head, strlen(head));
	struct checkpoint_list list;
	char hex[DIGEST_HEX], text[128], path[256];

	digest_format(&check, hex);
	snprintf(text, sizeof(text), "%s,\"check\":\"%s\"}\n", head, hex);
	runs_checkpoint(r, 1, "x");
	snprintf(path, sizeof(path), "%s/checkpoints/000001", r->dir);
	runs_file(path, "MANIFEST", text);
	runs_checkpoint(r, 1, "x");
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 0);
	assert_checkpoints(r, left);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	assert_true(list.c[0].damaged && list.c[0].unreadable);
	assert_fails(checkpoint_check(r, &list.c[0], true, &d->err), &d->err,
		     BELAY_EFAILED, "format 3 of a newer belay");
	checkpoint_list_free(&list);
	run_close(r);
}

/* Who opened the run before the next attempt began must not take for good what
 * is late, and delete what is good. */
static void test_attempts_are_read_anew(void **state)
{
	static const uint64_t seen[] = { 1 };
	static const char *const left[] = { "000001", "000002", NULL };
	struct tmpdir *d = *state;
	struct run *early = runs_make(d), *r;

	runs_checkpoint(early, 1, "seen");
	runs_checkpoint(early, 1, "late");
	r = run_open_dir(early->dir, &d->err);
	runs_begin(r, seen, 1);
	assert_int_equal(checkpoint_prune(early, 0, 1, 0, &d->err), 0);
	assert_checkpoints(r, left);
	run_close(r);
	run_close(early);
}

/* ---- an attempt that is fenced ---- */

static void test_a_fenced_attempt_deletes_nothing(void **state)
{
	static const uint64_t seen[] = { 1, 2 };
	static const char *const left[] = { "000001", "000002", NULL };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	runs_checkpoint(r, 1, "x");
	runs_checkpoint(r, 1, "x");
	runs_begin(r, seen, 2);
	assert_fails(checkpoint_prune(r, 1, 1, 0, &d->err), &d->err,
		     BELAY_EFENCED, "attempt 2 has begun");
	assert_checkpoints(r, left);
	assert_int_equal(checkpoint_prune(r, 2, 1, 0, &d->err), 1);
	run_close(r);
}

/* Claim the next attempt when so many looks were had. */
static struct run *claim_in;
static int claim_before;

int __real_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err);
int __wrap_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err);
int __wrap_run_check_fence(const struct run *r, unsigned n,
			   struct belay_error *err)
{
	if (claim_in && --claim_before == 0)
		testrun_claim(claim_in, NULL);
	return __real_run_check_fence(r, n, err);
}

/* 1 and 2 were about to be deleted for the sake of 3, which the next attempt may
 * find damaged. */
static void look_late(struct tmpdir *d, unsigned by)
{
	static const char *const left[] = { "000001", "000003", NULL };
	struct run *r = runs_make(d);

	for (int i = 0; i < 3; i++)
		runs_checkpoint(r, 1, "x");
	claim_in = r;
	claim_before = 3;
	assert_fails(checkpoint_prune(r, by, 1, 0, &d->err), &d->err,
		     BELAY_EFENCED, "attempt 2 has begun");
	claim_in = NULL;
	assert_checkpoints(r, left);
	run_close(r);
}

static void test_what_was_old_before_a_claim_is_not_deleted_after_it(void **state)
{
	look_late(*state, 1);
}

static void test_nor_is_it_when_a_person_asks(void **state)
{
	look_late(*state, 0);
}

static void test_what_dead_attempts_left_is_swept(void **state)
{
	static const uint64_t seen[] = { 1 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);
	char *dead, *alive, path[256];
	const char *left[] = { "000001", NULL, NULL };

	runs_checkpoint(r, 1, "x");
	dead = runs_stage(r, 1, "x");
	runs_begin(r, seen, 1);
	alive = runs_stage(r, 2, "x");
	snprintf(path, sizeof(path), "%s/checkpoints", r->dir);
	runs_file(path, ".deleted-0011-000001/state", "half");
	assert_int_equal(checkpoint_prune(r, 0, 1, 0, &d->err), 0);
	left[1] = strrchr(alive, '/') + 1;
	assert_checkpoints(r, left);
	free(dead);
	free(alive);
	run_close(r);
}

/* Of hour 1 the first stays, of hour 2 it is among those that are kept anyway; of
 * hour 0 the first is damaged, so the second is the milestone. */
static void test_milestones_stay(void **state)
{
	static const char *const left[] = { "000002", "000003", "000005",
					    "000006", "000001.damaged", NULL };
	static const int minute[] = { 1, 2, 61, 62, 121, 122 };
	struct tmpdir *d = *state;
	struct run *r = runs_make(d);

	for (int i = 0; i < 6; i++) {
		wall_us = minute[i] * 60000000ll;
		runs_checkpoint(r, 1, "x");
	}
	wall_us = 0;
	assert_ok(checkpoint_mark_damaged(r, 1, "x", &d->err), &d->err);
	assert_int_equal(checkpoint_prune(r, 0, 2, 3600, &d->err), 2);
	assert_checkpoints(r, left);
	assert_int_equal(checkpoint_prune(r, 0, 2, 3600, &d->err), 0);
	assert_int_equal(checkpoint_prune(r, 0, 2, 0, &d->err), 2);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_the_newest_good_ones_stay),
		TEST_IN_TMPDIR(test_keeping_none_is_refused),
		TEST_IN_TMPDIR(test_milestones_stay),
		TEST_IN_TMPDIR(test_damaged_ones_do_not_count_as_kept),
		TEST_IN_TMPDIR(test_late_ones_do_not_count),
		TEST_IN_TMPDIR(test_what_cannot_be_read_now_is_not_deleted),
		TEST_IN_TMPDIR(test_attempts_are_read_anew),
		TEST_IN_TMPDIR(test_a_fenced_attempt_deletes_nothing),
		TEST_IN_TMPDIR(test_what_was_old_before_a_claim_is_not_deleted_after_it),
		TEST_IN_TMPDIR(test_nor_is_it_when_a_person_asks),
		TEST_IN_TMPDIR(test_what_dead_attempts_left_is_swept),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}
