/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c - a run on disk: made once, claimed once, fenced at once */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/run.h"
#include "tests/support/testrun.h"

#define ID_A "0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210"

static unsigned opens;		/* calls of openat() so far */

int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...)
{
	opens++;
	return __real_openat(dirfd, name, flags, 0600);
}

static struct run *make(struct tmpdir *d, const char *name, const char *id,
			bool join, bool *fresh, bool *renamed)
{
	struct run_spec spec = {
		.root = d->path, .cluster = "mc", .name = name,
		.submission = id, .preset = "standard", .join = join,
		.work_dir = "/home/alice",
	};

	return run_create(&spec, fresh, renamed, &d->err);
}

static void test_a_run_is_made_once_and_found_again(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);

	assert_non_null(r);
	assert_true(fresh);
	assert_false(renamed);
	run_close(r);
	r = make(d, "12", ID_A, false, &fresh, &renamed);
	assert_false(fresh);
	assert_string_equal(r->preset, "standard");
	assert_string_equal(r->work_dir, "/home/alice");
	assert_int_equal(r->uid, geteuid());
	run_close(r);
	r = run_open(d->path, NULL, "12", &d->err);
	assert_non_null(r);
	assert_string_equal(r->cluster, "mc");
	run_close(r);
}

static void test_another_submission_is_another_run_unless_it_joins(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r;

	run_close(make(d, "12", ID_A, false, &fresh, &renamed));
	r = make(d, "12", ID_B, false, &fresh, &renamed);
	assert_true(renamed && fresh);
	assert_string_equal(r->name, "12.2");
	run_close(r);
	r = make(d, "12", ID_B, false, &fresh, &renamed);
	assert_true(renamed && !fresh);
	assert_string_equal(r->name, "12.2");
	run_close(r);
	r = make(d, "12", ID_B, true, &fresh, &renamed);
	assert_true(!renamed && !fresh);
	assert_string_equal(r->submission, ID_A);
	run_close(r);
}

static void test_names_that_cannot_be_are_refused(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;

	assert_null(make(d, "../x", ID_A, false, &fresh, &renamed));
	assert_non_null(strstr(d->err.text, "not a name for a run: '../x'"));
	assert_null(make(d, "jobs", ID_A, false, &fresh, &renamed));
	assert_non_null(strstr(d->err.text, "'jobs' is belay's own"));
	assert_null(make(d, "x", "short", false, &fresh, &renamed));
	assert_non_null(strstr(d->err.text, "not a submission id"));
	assert_null(run_open(d->path, NULL, "nothing", &d->err));
	assert_int_equal(d->err.code, BELAY_ENOENT);
	assert_non_null(strstr(d->err.text, "no run or job 'nothing'"));
}

static void test_a_claim_fences_the_one_before(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);

	assert_int_equal(testrun_claim(r, &d->err), 1);
	assert_ok(run_check_fence(r, 1, &d->err), &d->err);
	assert_int_equal(testrun_claim(r, &d->err), 2);
	assert_fails(run_check_fence(r, 1, &d->err), &d->err, BELAY_EFENCED,
		     "attempt 2 has begun");
	assert_ok(run_check_fence(r, 2, &d->err), &d->err);
	assert_fails(run_check_fence(r, 9, &d->err), &d->err, BELAY_ENOENT,
		     "attempt 9 is gone");
	run_close(r);
}

static void publish_all(struct run *r, unsigned n, struct belay_error *err)
{
	uint64_t ids[] = { 3, 42 };
	struct cut_entry cut = { 1, "map-n1-0011223344556677.0001.log", 8192,
				 0xfedcba9876543210, "torn" };
	char nodes[] = "n[1-3]", line[] = "node n1 is DOWN";
	char *lines[] = { line };
	struct begin b = { .job = "10_3", .job_id = 13, .restart = 2,
			   .start_time = 1763907083, .nodes = nodes,
			   .batch_host = "n1", .begin_us = 1763907083123456,
			   .action = "failover", .checkpoint = 42,
			   .chunks_done = 137, .cut = &cut, .n_cut = 1,
			   .checkpoints = ids, .n_checkpoints = 2 };
	struct end e = { .end_us = 1763907093000000, .by = "after",
			 .host = "n2", .cause = "node_fail", .exit_code = -1,
			 .signal = 15, .suspects = nodes, .evidence = lines,
			 .n_evidence = 1 };
	struct exclusion x = { "n1", 1763993493000000 };
	struct decided g = { .decided_us = 1763907093000001, .by = "after",
			     .action = "failover", .rule = "preset", .counts = true,
			     .reason = "a node died", .delay_s = 4,
			     .attempts_left = 9, .policy = "high-availability",
			     .exclude = &x, .n_exclude = 1 };

	run_begin_self(&b);
	assert_int_equal(run_publish_begin(r, n, &b, err), 1);
	assert_int_equal(run_publish_end(r, n, &e, err), 1);
	assert_int_equal(run_publish_decision(r, n, &g, err), 1);
	assert_int_equal(run_publish_decision(r, n, &g, err), 0);
}

static void test_what_an_attempt_says_is_read_back(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);
	const struct cut_entry *c;
	struct attempt *a;

	testrun_claim(r, &d->err);
	publish_all(r, 1, &d->err);
	testrun_claim(r, &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
	assert_int_equal(run_newest_number(r), 2);
	a = run_newest(r);
	assert_int_equal(a->number, 1);
	assert_string_equal(a->begin->job, "10_3");
	assert_int_equal(a->begin->start_time, 1763907083);
	assert_true(a->begin->begin_us == 1763907083123456);
	assert_int_equal(a->begin->checkpoints[1], 42);
	assert_int_equal(run_begin_alive(a->begin), 1);
	assert_string_equal(a->end->evidence[0], "node n1 is DOWN");
	assert_int_equal(a->end->exit_code, -1);
	assert_int_equal(a->end->signal, 15);
	assert_string_equal(a->decided->exclude[0].node, "n1");
	assert_int_equal(a->decided->attempts_left, 9);
	assert_null(run_cut_of(r, 1));
	c = run_cut_find(a->begin, 1, "map-n1-0011223344556677.0001.log");
	assert_true(c && c->check == 0xfedcba9876543210 && c->length == 8192);
	assert_null(run_cut_find(a->begin, 2, c->journal));
	run_close(r);
}

static void test_a_process_that_is_gone_is_not_alive(void **state)
{
	struct begin b = { 0 };

	(void)state;
	run_begin_self(&b);
	b.pid_start++;
	assert_int_equal(run_begin_alive(&b), 0);
	run_begin_self(&b);
	b.boot_id[0] ^= 1;
	assert_int_equal(run_begin_alive(&b), 0);
	run_begin_self(&b);
	strcpy(b.host, "elsewhere");
	assert_int_equal(run_begin_alive(&b), -1);
}

static void test_a_job_finds_its_run_by_id_and_submission(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	char name[RUN_NAME_SIZE];
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);
	struct run *s = make(d, "12", ID_B, false, &fresh, &renamed);

	assert_ok(run_index_job(r, d->path, 12, 1, &d->err), &d->err);
	assert_ok(run_index_job(r, d->path, 12, 2, &d->err), &d->err);
	assert_ok(run_index_job(s, d->path, 12, 1, &d->err), &d->err);
	assert_ok(run_of_job(d->path, "mc", 12, ID_A, name, &d->err), &d->err);
	assert_string_equal(name, "12");
	assert_ok(run_of_job(d->path, "mc", 12, ID_B, name, &d->err), &d->err);
	assert_string_equal(name, "12.2");
	assert_ok(run_of_job(d->path, "mc", 12, "", name, &d->err), &d->err);
	assert_string_equal(name, "12.2");
	assert_fails(run_of_job(d->path, "mc", 13, "", name, &d->err), &d->err,
		     BELAY_ENOENT, "job 13 has no run");
	run_close(r);
	run_close(s);
}

static void begin_as(struct tmpdir *d, struct run *r, const char *submission)
{
	struct begin b = { .job_id = 12, .action = "start" };
	unsigned n = testrun_claim(r, &d->err);

	memcpy(b.submission, submission, sizeof(b.submission));
	b.begin_us = 3000000000000000 + n;
	assert_ok(run_index_job(r, d->path, 12, n, &d->err), &d->err);
	assert_int_equal(run_publish_begin(r, n, &b, &d->err), 1);
}

/* The name was there before the job that had the id first. */
static void test_a_job_finds_the_run_that_it_has_joined(void **state)
{
	static const char joiner[] = "cccccccccccccccccccccccccccccccc";
	struct tmpdir *d = *state;
	bool fresh, renamed;
	char name[RUN_NAME_SIZE];
	struct run *kept = make(d, "kept", ID_A, true, &fresh, &renamed);
	struct run *first = make(d, "12", ID_B, false, &fresh, &renamed);

	begin_as(d, first, ID_B);
	begin_as(d, kept, ID_A);
	begin_as(d, kept, joiner);
	assert_ok(run_of_job(d->path, "mc", 12, joiner, name, &d->err), &d->err);
	assert_string_equal(name, "kept");
	assert_ok(run_of_job(d->path, "mc", 12, ID_B, name, &d->err), &d->err);
	assert_string_equal(name, "12");
	assert_ok(run_of_job(d->path, "mc", 12, "", name, &d->err), &d->err);
	assert_string_equal(name, "kept");
	run_close(kept);
	run_close(first);
}

/* An epilog asks, and has 5 s. */
static void test_finding_the_run_of_a_job_does_not_read_its_attempts(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	char name[RUN_NAME_SIZE];
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);

	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(testrun_claim(r, &d->err), i);
		assert_ok(run_index_job(r, d->path, 12, i, &d->err), &d->err);
	}
	opens = 0;
	assert_ok(run_of_job(d->path, "mc", 12, ID_A, name, &d->err), &d->err);
	assert_string_equal(name, "12");
	assert_in_range(opens, 1, 40);
	run_close(r);
}

static void test_what_was_known_outlives_a_reload_that_fails(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);

	assert_int_equal(testrun_claim(r, &d->err), 1);
	publish_all(r, 1, &d->err);
	assert_int_equal(testrun_claim(r, &d->err), 2);
	assert_ok(run_reload(r, &d->err), &d->err);
	assert_int_equal(fchmodat(r->attemptsfd, "000001", 0777, 0), 0);
	assert_fails(run_reload(r, &d->err), &d->err, BELAY_ECONFIG,
		     "can be written by others");
	assert_int_equal(run_newest_number(r), 2);
	assert_string_equal(run_newest(r)->begin->job, "10_3");
	run_close(r);
}

static void begin_now(struct run *r, unsigned n, struct belay_error *err)
{
	struct begin b = { .nodes = (char[]){ "n1" } };

	assert_int_equal(run_publish_begin(r, n, &b, err), 1);
}

/* What one made that does not make void, as a belay of another version may: the
 * agent of attempt 2 was held up until attempt 3 had begun, and the cut of
 * attempt 1 that all rely on is that of 3. */
static void test_a_begin_that_comes_late_does_not_count(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed), *slow;

	assert_int_equal(testrun_claim(r, &d->err), 1);
	begin_now(r, 1, &d->err);
	assert_int_equal(testrun_claim(r, &d->err), 2);
	slow = run_open_dir(r->dir, &d->err);
	assert_int_equal(mkdirat(r->attemptsfd, "000003", 0700), 0);
	assert_ok(run_reload(r, &d->err), &d->err);
	begin_now(r, 3, &d->err);
	begin_now(slow, 2, &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
	assert_null(run_attempt(r, 2)->begin);
	assert_ptr_equal(run_cut_of(r, 1), run_attempt(r, 3)->begin);
	assert_int_equal(run_attempt(r, 3)->begin->previous, 1);
	assert_int_equal(run_attempt(r, 1)->begin->previous, 0);
	run_close(slow);
	run_close(r);
}

/* ---- two that want the next attempt ---- */

static const struct begin other = { .job = "13", .job_id = 13,
				    .submission = ID_B, .batch_host = "n2" };

static void test_what_has_not_begun_is_made_void_by_the_next_claim(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed), *slow;
	struct begin b = { .nodes = (char[]){ "n1" } };
	const struct begin *by;
	unsigned n;

	assert_int_equal(testrun_claim(r, &d->err), 1);
	slow = run_open_dir(r->dir, &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
	assert_int_equal(run_claim(r, &other, &n, &d->err), 1);
	assert_int_equal(n, 2);
	assert_int_equal(run_publish_begin(slow, 1, &b, &d->err), 0);
	assert_ok(run_reload(slow, &d->err), &d->err);
	assert_null(run_attempt(slow, 1)->begin);
	assert_null(run_newest(slow));
	by = run_attempt(slow, 1)->voided;
	assert_string_equal(by->job, "13");
	assert_string_equal(by->submission, ID_B);
	assert_string_equal(by->batch_host, "n2");
	run_close(slow);
	run_close(r);
}

static void test_what_has_begun_since_the_look_is_not_made_void(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);
	struct run *slow;
	unsigned n = 0;

	assert_int_equal(testrun_claim(r, &d->err), 1);
	slow = run_open_dir(r->dir, &d->err);
	begin_now(r, 1, &d->err);
	assert_int_equal(run_claim(slow, &other, &n, &d->err), 0);
	assert_int_equal(n, 0);
	assert_ok(run_check_fence(r, 1, &d->err), &d->err);
	assert_ok(run_claim_again(slow, 0, &d->err), &d->err);
	assert_int_equal(run_newest(slow)->number, 1);
	assert_int_equal(run_claim(slow, &other, &n, &d->err), 1);
	assert_int_equal(n, 2);
	run_close(slow);
	run_close(r);
}

static void test_a_number_that_another_has_made_is_not_taken(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);
	unsigned n = 0;

	assert_int_equal(testrun_claim(r, &d->err), 1);
	assert_int_equal(run_claim(r, &other, &n, &d->err), 0);
	assert_fails(run_claim_again(r, 7, &d->err), &d->err, BELAY_EBUSY,
		     "run '12' is wanted by too many at once");
	run_close(r);
}

static void test_damage_and_newer_formats_are_said(void **state)
{
	struct tmpdir *d = *state;
	bool fresh, renamed;
	struct run *r = make(d, "12", ID_A, false, &fresh, &renamed);
	int fd = openat(r->dirfd, "run.json", O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "{\"format\":2}", 12), 12);
	close(fd);
	assert_null(run_open(d->path, "mc", "12", &d->err));
	assert_int_equal(d->err.code, BELAY_ECORRUPT);
	assert_non_null(strstr(d->err.text, "a newer belay wrote it"));
	run_close(r);
}

static void test_a_policy_is_kept_under_its_digest(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef"
				 "0123456789abcdef0123456789abcdef";
	struct tmpdir *d = *state;
	struct buf b = { 0 };

	assert_ok(run_policy_store(d->path, "mc", id, "version: 1\n", 11, &d->err),
		  &d->err);
	assert_ok(run_policy_store(d->path, "mc", id, "version: 1\n", 11, &d->err),
		  &d->err);
	assert_ok(run_policy_read(d->path, "mc", id, &b, &d->err), &d->err);
	assert_string_equal(b.data, "version: 1\n");
	assert_fails(run_policy_read(d->path, "mc", "../x", &b, &d->err), &d->err,
		     BELAY_EINVAL, "not a policy's digest");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_run_is_made_once_and_found_again),
		TEST_IN_TMPDIR(test_another_submission_is_another_run_unless_it_joins),
		TEST_IN_TMPDIR(test_names_that_cannot_be_are_refused),
		TEST_IN_TMPDIR(test_a_claim_fences_the_one_before),
		TEST_IN_TMPDIR(test_what_an_attempt_says_is_read_back),
		cmocka_unit_test(test_a_process_that_is_gone_is_not_alive),
		TEST_IN_TMPDIR(test_a_job_finds_its_run_by_id_and_submission),
		TEST_IN_TMPDIR(test_a_job_finds_the_run_that_it_has_joined),
		TEST_IN_TMPDIR(test_finding_the_run_of_a_job_does_not_read_its_attempts),
		TEST_IN_TMPDIR(test_what_was_known_outlives_a_reload_that_fails),
		TEST_IN_TMPDIR(test_a_begin_that_comes_late_does_not_count),
		TEST_IN_TMPDIR(test_what_has_not_begun_is_made_void_by_the_next_claim),
		TEST_IN_TMPDIR(test_what_has_begun_since_the_look_is_not_made_void),
		TEST_IN_TMPDIR(test_a_number_that_another_has_made_is_not_taken),
		TEST_IN_TMPDIR(test_damage_and_newer_formats_are_said),
		TEST_IN_TMPDIR(test_a_policy_is_kept_under_its_digest),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
