/* SPDX-License-Identifier: Apache-2.0 */
/* test_saves.c - what a program saves, it gets back; or nothing, and is told */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/saves.h"
#include "fs/fs.h"
#include "tests/support/handles.h"
#include "tests/support/packs.h"
#include "tests/support/runs.h"

#define N 100000

static bool disk_full;
static int full_times;		/* so often, and then there is room */
static unsigned syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

int __real_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v)
{
	int rc = __real_fstatvfs(fd, v);

	if (disk_full || (full_times && full_times--))
		v->f_bavail = 0;
	return rc;
}

struct place {
	struct tmpdir *d;
	struct run *r;
	struct belay *b;
};

static struct belay *open_rank(struct tmpdir *d, unsigned rank, unsigned ranks)
{
	struct belay_options o = BELAY_OPTIONS_INIT;
	struct belay *b;

	o.rank = rank;
	o.ranks = ranks;
	b = belay_open(&o, &d->err);
	if (!b)
		fail_msg("%s", d->err.text);
	return b;
}

static struct place enter(struct tmpdir *d)
{
	struct place p = { .d = d, .r = testrun_open(d) };

	handles_enter(p.r, testrun_begin(p.r, d));
	p.b = open_rank(d, 0, 1);
	return p;
}

/* The next attempt of the same run. */
static void enter_again(struct place *p)
{
	static const uint64_t seen[] = { 1, 2 };

	assert_ok(belay_close(p->b, 1, &p->d->err), &p->d->err);
	testrun_end(p->r, run_newest_number(p->r), "failed", "", p->d);
	handles_enter(p->r, runs_begin(p->r, seen, 2));
	p->b = open_rank(p->d, 0, 1);
}

static void leave(struct place *p)
{
	assert_ok(belay_close(p->b, 0, &p->d->err), &p->d->err);
	run_close(p->r);
}

static double field[N];
static const uint64_t field_shape[] = { N / 100, 100 };
static struct belay_array field_array(void)
{
	return (struct belay_array){ .name = "field", .type = BELAY_F64,
				     .dims = 2, .shape = field_shape,
				     .data = field };
}

static void fill(double from)
{
	for (int i = 0; i < N; i++)
		field[i] = from + i;
}

static void test_what_is_put_comes_back(void **state)
{
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct belay_array a = field_array();
	const struct belay_entry *e;
	struct belay_checkpoint *c;
	struct belay_restore *r;
	static double got[N];
	char path[64], name[64];
	uint64_t id = 0;

	fill(1);
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
	assert_memory_equal(got, field, sizeof(got));
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
	leave(&p);
}

static void test_there_is_nothing_to_restore_at_first(void **state)
{
	struct place p = enter(*state);
	struct belay_checkpoint_info *list;

	assert_null(belay_restore_open(p.b, 0, &p.d->err));
	assert_int_equal(p.d->err.code, BELAY_ENOENT);
	assert_null(belay_restore_open(p.b, 7, &p.d->err));
	assert_int_equal(belay_checkpoint_list(p.b, &list, &p.d->err), 0);
	free(list);
	assert_int_equal(belay_checkpoint_commit(NULL, NULL, &p.d->err), -1);
	leave(&p);
}

/* ---- memory that is protected ---- */

static uint64_t called_with[4];
static unsigned called;

static void on_recovery(struct belay *b, const struct belay_info *info,
			uint64_t id, void *arg)
{
	assert_ptr_equal(arg, &called);
	assert_ptr_equal(info, belay_info(b));
	called_with[called++] = id;
}

static void protect(struct place *p)
{
	struct belay_array a = field_array();

	assert_ok(belay_protect(p->b, "field", &a, &p->d->err), &p->d->err);
	assert_ok(belay_on_recovery(p->b, on_recovery, &called, &p->d->err),
		  &p->d->err);
}

static void test_protected_memory_is_recovered(void **state)
{
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	called = 0;
	protect(&p);
	assert_int_equal(belay_recover(p.b, &id, err), 0);
	assert_int_equal(called, 0);
	fill(5);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	fill(6);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	enter_again(&p);
	protect(&p);
	fill(0);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_int_equal(id, 2);
	assert_true(field[0] == 6 && field[N - 1] == 6 + N - 1);
	assert_int_equal(called, 1);
	assert_int_equal(called_with[0], 2);
	leave(&p);
}

static void spoil(struct place *p, const char *id)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/checkpoints/%s/part.0", p->r->dir, id);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "spoilt", 6, 4096 + 1000), 6);
	close(fd);
}

static void test_a_damaged_one_is_stepped_over(void **state)
{
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	protect(&p);
	fill(1);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	fill(2);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	spoil(&p, "000002");
	enter_again(&p);
	protect(&p);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_int_equal(id, 1);
	assert_true(field[7] == 8);
	assert_int_equal(packs_files(p.r, "000002.damaged"), 1);
	leave(&p);
}

static void test_what_has_another_shape_is_not_touched(void **state)
{
	const uint64_t shape[] = { N };
	struct place p = enter(*state);
	struct belay_array other = field_array();
	struct belay_error *err = &p.d->err;

	protect(&p);
	fill(3);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	other.dims = 1;
	other.shape = shape;
	assert_ok(belay_protect(p.b, "field", &other, err), err);
	fill(9);
	assert_fails(belay_recover(p.b, NULL, err), err, BELAY_ECONFIG,
		     "'field' had another type or shape in checkpoint 1");
	assert_true(field[0] == 9);
	assert_ok(belay_unprotect(p.b, "field", err), err);
	assert_fails(belay_unprotect(p.b, "field", err), err, BELAY_ENOENT,
		     "'field' is not protected");
	assert_fails(belay_checkpoint(p.b, NULL, NULL, err), err, BELAY_EINVAL,
		     "nothing is protected");
	leave(&p);
}

/* ---- in the background ---- */

static void test_the_caller_need_not_wait(void **state)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;
	struct belay_statistics s;
	uint64_t id = 0;

	o.async = 1;
	protect(&p);
	for (int i = 0; i < 4; i++) {
		fill(i);
		assert_int_equal(belay_checkpoint(p.b, &o, NULL, err), 0);
		fill(77);	/* it has a copy */
	}
	assert_int_equal(belay_checkpoint_wait(p.b, &id, err), 1);
	assert_int_equal(id, 4);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_true(field[0] == 3);
	assert_ok(belay_statistics(p.b, &s, err), err);
	assert_int_equal(s.checkpoints, 4);
	assert_int_equal(s.kept, 4);
	assert_int_equal(s.restores, 1);
	assert_int_equal(s.bytes, 4 * sizeof(field));
	leave(&p);
}

static void test_an_error_in_the_background_is_told_once(void **state)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct place p = enter(*state);
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
	leave(&p);
}

/* ---- ranks ---- */

static void test_ranks_need_not_talk(void **state)
{
	struct place p = enter(*state);
	struct belay *b[2] = { open_rank(p.d, 0, 2), open_rank(p.d, 1, 2) };
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
	leave(&p);
}

static void test_a_child_leaves_the_parents_checkpoint_alone(void **state)
{
	struct place p = enter(*state);
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
	leave(&p);
}

/* ---- no room ---- */

static void test_a_full_disk_is_told_at_once(void **state)
{
	static const char *const kept[] = { "000003", NULL };
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;

	protect(&p);
	for (int i = 0; i < 3; i++) {
		fill(i * N);
		assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	}
	disk_full = true;
	p.b->settings.on_full = ON_FULL_CONTINUE;
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), -1);
	assert_int_equal(err->sys, ENOSPC);
	assert_int_equal(packs_files(p.r, "part."), 3);
	p.b->settings.on_full = ON_FULL_PRUNE;
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), -1);
	assert_int_equal(err->sys, ENOSPC);
	disk_full = false;
	assert_int_equal(packs_files(p.r, kept[0]), 1);
	assert_int_equal(packs_files(p.r, "part."), 1);
	assert_int_equal(packs_files(p.r, ".staging"), 0);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	leave(&p);
}

static void test_a_pause_lasts_until_there_is_room(void **state)
{
	struct place p = enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	unsetenv("SLURM_JOB_END_TIME");
	protect(&p);
	fill(1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	p.b->settings.on_full = ON_FULL_PAUSE;
	full_times = 2;		/* so it waits once */
	fill(2 * N);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	assert_int_equal(full_times, 0);
	assert_int_equal(id, 2);
	/* not beyond the end of the job */
	full_times = 100;
	setenv("SLURM_JOB_END_TIME", "1000", 1);
	assert_int_equal(belay_checkpoint_begin(p.b, NULL, err) != NULL, 0);
	assert_int_equal(err->sys, ENOSPC);
	unsetenv("SLURM_JOB_END_TIME");
	full_times = 0;
	/* nor for an attempt that is over */
	full_times = 1000;
	testrun_begin(p.r, p.d);
	assert_null(belay_checkpoint_begin(p.b, NULL, err));
	assert_int_equal(err->code, BELAY_EFENCED);
	full_times = 0;
	leave(&p);
}

/* ---- when ---- */

static void test_one_is_due_by_time_or_chunks(void **state)
{
	struct place p = enter(*state);
	struct settings *s = &p.b->settings;

	*s = settings_default;
	s->interval_s = 1000;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->saves->since_ns -= 1001 * 1000000000ll;
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	protect(&p);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	s->interval_s = 0;
	s->interval_chunks = 3;
	p.b->n_done += 2;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->n_done++;
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	leave(&p);
}

static void test_one_is_due_when_it_is_asked_for(void **state)
{
	struct place p = enter(*state);
	int fd = run_attempt_dir(p.r, 1, &p.d->err);

	p.b->settings.interval_s = 1000;
	protect(&p);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	belay_request_checkpoint(p.b);
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);

	assert_int_equal(fs_publish(fd, "ask-checkpoint.0001", "", 0, NULL), 1);
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	p.b->saves->looked_ns -= 1000000000;	/* a second later */
	assert_int_equal(belay_should_checkpoint(p.b), 1);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	p.b->saves->looked_ns -= 1000000000;
	assert_int_equal(belay_should_checkpoint(p.b), 0);
	close(fd);
	leave(&p);
}

/* The exact cost of Daly's model, minimised by hand. */
static double best_by_search(double cost, double mtbf)
{
	double best = 0, least = 1e300;

	for (double t = cost / 100; t < 20 * mtbf; t *= 1.0005) {
		double lost = mtbf * (exp((t + cost) / mtbf) - 1) / t;

		if (lost < least) {
			least = lost;
			best = t;
		}
	}
	return best;
}

static void test_the_interval_is_that_of_daly(void **state)
{
	static const struct { double cost, mtbf; } cases[] = {
		{ 1, 86400 }, { 60, 3600 }, { 300, 86400 }, { 600, 3600 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		double got = api_daly(cases[i].cost, cases[i].mtbf),
		       best = best_by_search(cases[i].cost, cases[i].mtbf);

		assert_true(fabs(got - best) < 0.01 * best);
	}
	assert_true(fabs(api_daly(60, 3600) - 617.88) < 0.01);
	assert_true(api_daly(1000, 400) == 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_is_put_comes_back),
		TEST_IN_TMPDIR(test_there_is_nothing_to_restore_at_first),
		TEST_IN_TMPDIR(test_protected_memory_is_recovered),
		TEST_IN_TMPDIR(test_a_damaged_one_is_stepped_over),
		TEST_IN_TMPDIR(test_what_has_another_shape_is_not_touched),
		TEST_IN_TMPDIR(test_the_caller_need_not_wait),
		TEST_IN_TMPDIR(test_an_error_in_the_background_is_told_once),
		TEST_IN_TMPDIR(test_ranks_need_not_talk),
		TEST_IN_TMPDIR(
			test_a_child_leaves_the_parents_checkpoint_alone),
		TEST_IN_TMPDIR(test_a_full_disk_is_told_at_once),
		TEST_IN_TMPDIR(test_a_pause_lasts_until_there_is_room),
		TEST_IN_TMPDIR(test_one_is_due_by_time_or_chunks),
		TEST_IN_TMPDIR(test_one_is_due_when_it_is_asked_for),
		cmocka_unit_test(test_the_interval_is_that_of_daly),
	};

	return cmocka_run_group_tests_name("saves", tests, NULL, NULL);
}
