/* SPDX-License-Identifier: Apache-2.0 */
/* test_executor.c - a full disk makes chunks wait, and is nobody's failure */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/map/executor.h"
#include "journal/event.h"
#include "tests/support/test.h"

/* ---- a disk that fills, and a clock that runs when there is time --------- */

enum call { MKDIR, FSYNC, RENAME, N_CALLS };

static struct { int left, error; } failing[N_CALLS];
static int64_t ahead_ns;

static int fails(enum call call)
{
	if (!failing[call].left)
		return 0;
	failing[call].left--;
	errno = failing[call].error;
	return -1;
}

int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	return fails(MKDIR) ? -1 : __real_mkdirat(dirfd, name, mode);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	return fails(FSYNC);
}

int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	return fails(RENAME) ? -1 : __real_renameat(a, from, b, to);
}

int64_t __real_clock_mono_ns(void);
int64_t __wrap_clock_mono_ns(void);
int64_t __wrap_clock_mono_ns(void)
{
	return __real_clock_mono_ns() + ahead_ns;
}

/* ---- an executor, and what it says --------------------------------------- */

static struct {
	unsigned begun, done, failed, stuck, turns;
	char why[256];
} said;

static void begun(void *arg, uint64_t chunk, uint32_t try)
{
	(void)arg;
	(void)chunk;
	assert_int_equal(try, 1);
	said.begun++;
}

static void ended(void *arg, struct result *r)
{
	(void)arg;
	said.done += r->kind == 0;
	said.failed += r->kind != 0;
	if (r->kind)
		snprintf(said.why, sizeof(said.why), "%s", r->reason);
}

static void stuck(void *arg, uint64_t chunk, const char *why)
{
	(void)arg;
	(void)chunk;
	said.stuck++;
	snprintf(said.why, sizeof(said.why), "%s", why);
}

struct fixture {
	struct staging into;
	struct command command;
	struct executor_spec spec;
	struct executor *x;
};

/* Two slots; a chunk writes its number to a file of that name, in a directory
 * of its own, and a line to `ran`. */
static char *words[] = {
	(char[]){ "sh" }, (char[]){ "-c" },
	(char[]){ "cd $BELAY_CHUNK_TMP && echo $0 >>../../ran && mkdir d$0 && "
		  "echo $0 >d$0/f" },
};

static void begin(struct fixture *f, struct tmpdir *d)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	memset(&said, 0, sizeof(said));
	assert_ok(command_init(&f->command, words, 3, &d->err), &d->err);
	assert_ok(command_find(&f->command, &d->err), &d->err);
	assert_ok(staging_open(&f->into, d->path, "run.1-n1", &d->err),
		  &d->err);
	f->spec = (struct executor_spec){
		.command = &f->command, .slots = 2, .set = "main",
		.into = &f->into, .begun = begun, .ended = ended,
		.stuck = stuck,
	};
	f->x = executor_new(&f->spec, &d->err);
	assert_non_null(f->x);
}

static void end(struct fixture *f)
{
	memset(failing, 0, sizeof(failing));
	executor_free(f->x);
	staging_close(&f->into);
	command_fini(&f->command);
}

/* What it asks to wait for is waited for, but for long waits. */
static void turn(struct fixture *f)
{
	struct pollfd p = { .fd = executor_fd(f->x), .events = POLLIN };
	int wait_ms = executor_wait_ms(f->x);

	said.turns++;
	if (wait_ms > 1000) {
		ahead_ns += wait_ms * 1000000ll;
		wait_ms = 0;
	}
	poll(&p, 1, wait_ms < 0 ? 1000 : wait_ms);
	executor_turn(f->x);
}

static void run(struct fixture *f, uint64_t chunks, struct belay_error *err)
{
	for (uint64_t i = 0; i < chunks; i++)
		assert_ok(executor_add(f->x, i, 1, NULL, err), err);
	while (said.done + said.failed < chunks && said.turns < 100)
		turn(f);
	assert_true(said.turns < 100);	/* it does not spin */
}

static unsigned lines_of(struct tmpdir *d, const char *name)
{
	char path[128];
	unsigned n = 0;
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	file = fopen(path, "r");
	while (file && (c = getc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

static void assert_all_there(struct tmpdir *d)
{
	assert_holds(d->fd, (const char *[]){ "d0", "d1", "d2", "d3", "ran",
					      NULL });
	assert_int_equal(lines_of(d, "d3/f"), 1);
}

static void full(enum call call, int times, int error)
{
	failing[call].left = times;
	failing[call].error = error;
}

/* ---- what is promised ----------------------------------------------------- */

static void test_a_chunk_without_room_has_not_begun(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	begin(&f, d);
	full(MKDIR, 3, ENOSPC);
	for (uint64_t i = 0; i < 4; i++)
		assert_ok(executor_add(f.x, i, 1, NULL, &d->err), &d->err);
	turn(&f);
	turn(&f);
	assert_true(said.stuck >= 1 && said.begun == 0);
	assert_true(executor_wait_ms(f.x) > 1500);
	while (said.done < 4 && said.turns < 100)
		turn(&f);
	assert_int_equal(said.stuck, 3);
	assert_int_equal(said.begun, 4);
	assert_int_equal(said.failed, 0);
	end(&f);
	assert_all_there(d);
}

static void test_moving_into_place_is_tried_again(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	begin(&f, d);
	full(RENAME, 3, EDQUOT);
	run(&f, 4, &d->err);
	assert_int_equal(said.failed, 0);
	assert_true(said.stuck >= 2);
	assert_int_equal(said.begun, 4);
	end(&f);
	assert_int_equal(lines_of(d, "ran"), 4);
	assert_all_there(d);
}

static void test_what_a_sync_lost_is_computed_again(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	begin(&f, d);
	full(FSYNC, 2, ENOSPC);
	run(&f, 4, &d->err);
	assert_int_equal(said.failed, 0);
	assert_int_equal(said.stuck, 2);
	assert_int_equal(said.begun, 6);
	end(&f);
	assert_int_equal(lines_of(d, "ran"), 6);
	assert_all_there(d);
}

static void test_other_errors_are_the_chunks(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	begin(&f, d);
	full(RENAME, 1, EIO);
	run(&f, 4, &d->err);
	assert_int_equal(said.failed, 1);
	assert_int_equal(said.stuck, 0);
	assert_non_null(strstr(said.why, "cannot move"));
	end(&f);
}

static void test_what_is_stuck_when_all_ends_is_not_told(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	begin(&f, d);
	full(RENAME, -1, ENOSPC);
	assert_ok(executor_add(f.x, 0, 1, NULL, &d->err), &d->err);
	while (!said.stuck && said.turns < 100)
		turn(&f);
	executor_stop(f.x);
	assert_int_equal(executor_running(f.x), 0);
	assert_int_equal(said.done + said.failed, 0);
	end(&f);
	assert_holds(d->fd, (const char *[]){ "d0", "ran", NULL });
}

static void test_room_for_stages_may_come_later(void **state)
{
	struct tmpdir *d = *state;
	struct fixture f;

	full(MKDIR, 1, ENOSPC);
	begin(&f, d);
	run(&f, 4, &d->err);
	assert_int_equal(said.failed, 0);
	end(&f);
	assert_all_there(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_chunk_without_room_has_not_begun),
		TEST_IN_TMPDIR(test_moving_into_place_is_tried_again),
		TEST_IN_TMPDIR(test_what_a_sync_lost_is_computed_again),
		TEST_IN_TMPDIR(test_other_errors_are_the_chunks),
		TEST_IN_TMPDIR(
			test_what_is_stuck_when_all_ends_is_not_told),
		TEST_IN_TMPDIR(test_room_for_stages_may_come_later),
	};

	return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
