/* SPDX-License-Identifier: Apache-2.0 */
/* test_saves.c - what a program saves, it gets back; or nothing, and is told */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/packs.h"
#include "tests/support/places.h"

static unsigned syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

static void test_what_is_put_comes_back(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct belay_array a = places_array();
	const struct belay_entry *e;
	struct belay_checkpoint *c;
	struct belay_restore *r;
	static double got[PLACES_N];
	char path[64], name[64];
	uint64_t id = 0;

	places_fill(1);
	o.label = "warm";
	snprintf(path, sizeof(path), "%s/in", p.d->path);
	snprintf(name, sizeof(name), "%s/out", p.d->path);
	c = belay_checkpoint_begin(p.b, &o, err);
	assert_ok(belay_checkpoint_put(c, &a, err), err);
	assert_ok(belay_checkpoint_put_bytes(c, "note", "hello", 5, err), err);
	assert_int_equal(belay_checkpoint_put_file(c, "f", path, err), -1);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	assert_ok(belay_checkpoint_put_file(c, "f", path, err), err);
	assert_int_equal(belay_checkpoint_commit(c, &id, err), 1);
	assert_int_equal(id, 1);

	r = belay_restore_open(p.b, 0, err);
	assert_non_null(r);
	assert_int_equal(belay_restore_info(r)->id, 1);
	assert_string_equal(belay_restore_info(r)->label, "warm");
	assert_int_equal(belay_restore_count(r), 3);
	assert_string_equal(belay_restore_entry(r, 1)->name, "note");
	assert_null(belay_restore_entry(r, 3));
	assert_null(belay_restore_find(r, 1, "field"));
	e = belay_restore_find(r, 0, "field");
	assert_int_equal(e->dims, 2);
	assert_int_equal(e->shape[1], 100);
	assert_ok(belay_restore_read(r, e, 0, got, sizeof(got), err), err);
	assert_memory_equal(got, places_field, sizeof(got));
	assert_ok(belay_restore_read(r, e, 8, got, 8, err), err);
	assert_true(got[0] == 2);
	assert_fails(belay_restore_read(r, e, 8, got, sizeof(got), err), err,
		     BELAY_EINVAL, "'field' has only 800000 bytes");
	e = belay_restore_find(r, 0, "note");
	syncs = 0;
	assert_ok(belay_restore_file(r, e, name, err), err);
	assert_int_equal(syncs, 1);
	belay_restore_close(r);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(name), 0);
	places_leave(&p);
}

static void test_there_is_nothing_to_restore_at_first(void **state)
{
	struct place p = places_enter(*state);
	struct belay_checkpoint_info *list;

	assert_null(belay_restore_open(p.b, 0, &p.d->err));
	assert_int_equal(p.d->err.code, BELAY_ENOENT);
	assert_null(belay_restore_open(p.b, 7, &p.d->err));
	assert_int_equal(belay_checkpoint_list(p.b, &list, &p.d->err), 0);
	free(list);
	assert_int_equal(belay_checkpoint_commit(NULL, NULL, &p.d->err), -1);
	places_leave(&p);
}

/* ---- in the background ---- */

static void test_the_caller_need_not_wait(void **state)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_statistics s;
	uint64_t id = 0;

	o.async = 1;
	places_protect(&p);
	for (int i = 0; i < 4; i++) {
		places_fill(i);
		assert_int_equal(belay_checkpoint(p.b, &o, NULL, err), 0);
		places_fill(77);	/* it has a copy */
	}
	assert_int_equal(belay_checkpoint_wait(p.b, &id, err), 1);
	assert_int_equal(id, 4);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_true(places_field[0] == 3);
	assert_ok(belay_statistics(p.b, &s, err), err);
	assert_int_equal(s.checkpoints, 4);
	assert_int_equal(s.kept, 4);
	assert_int_equal(s.restores, 1);
	assert_int_equal(s.bytes, 4 * sizeof(places_field));
	places_leave(&p);
}

static void test_an_error_in_the_background_is_told_once(void **state)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_checkpoint *c;

	o.async = 1;
	c = belay_checkpoint_begin(p.b, &o, err);
	assert_ok(belay_checkpoint_put_bytes(c, "x", "y", 1, err), err);
	testrun_begin(p.r, p.d);
	assert_int_equal(belay_checkpoint_commit(c, NULL, err), 0);
	assert_fails(belay_checkpoint_wait(p.b, NULL, err), err, BELAY_EFENCED,
		     "attempt 2 has begun");
	assert_int_equal(belay_checkpoint_wait(p.b, NULL, err), 0);
	assert_int_equal(packs_files(p.r, ".staging"), 0);
	assert_int_equal(packs_files(p.r, "0"), 0);
	places_leave(&p);
}

/* ---- ranks ---- */

static void test_ranks_need_not_talk(void **state)
{
	struct place p = places_enter(*state);
	struct belay *b[2] = { places_open_rank(p.d, 0, 2),
			       places_open_rank(p.d, 1, 2) };
	struct belay_error *err = &p.d->err;
	struct belay_array a = { .type = BELAY_I32 };
	struct belay_restore *r;
	int32_t value[2] = { 10, 11 };
	uint64_t id = 0;

	for (int i = 0; i < 2; i++) {
		a.data = &value[i];
		assert_ok(belay_protect(b[i], "n", &a, err), err);
	}
	assert_int_equal(belay_checkpoint(b[0], NULL, &id, err), 0);
	assert_int_equal(belay_checkpoint_wait(b[0], &id, err), 0);
	assert_int_equal(belay_checkpoint(b[1], NULL, &id, err), 1);
	assert_int_equal(belay_checkpoint_wait(b[0], &id, err), 1);
	assert_int_equal(id, 1);
	/* another number of ranks reads them all */
	r = belay_restore_open(p.b, 0, err);
	for (unsigned i = 0; i < 2; i++) {
		int32_t got = 0;

		assert_ok(belay_restore_read(r, belay_restore_find(r, i, "n"),
					     0, &got, 4, err), err);
		assert_int_equal(got, 10 + i);
	}
	belay_restore_close(r);
	for (int i = 0; i < 2; i++)
		assert_ok(belay_close(b[i], 0, err), err);
	places_leave(&p);
}

static void test_a_child_leaves_the_parents_checkpoint_alone(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_checkpoint *c = belay_checkpoint_begin(p.b, NULL, err);
	int status;
	pid_t child;

	assert_ok(belay_checkpoint_put_bytes(c, "x", "y", 1, err), err);
	child = fork();
	if (!child) {
		if (belay_checkpoint_commit(c, NULL, err) != -1 ||
		    belay_should_checkpoint(p.b))
			_exit(1);
		_exit(belay_close(p.b, 0, NULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(belay_checkpoint_commit(c, NULL, err), 1);
	places_leave(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_is_put_comes_back),
		TEST_IN_TMPDIR(test_there_is_nothing_to_restore_at_first),
		TEST_IN_TMPDIR(test_the_caller_need_not_wait),
		TEST_IN_TMPDIR(test_an_error_in_the_background_is_told_once),
		TEST_IN_TMPDIR(test_ranks_need_not_talk),
		TEST_IN_TMPDIR(
			test_a_child_leaves_the_parents_checkpoint_alone),
	};

	return cmocka_run_group_tests_name("saves", tests, NULL, NULL);
}
