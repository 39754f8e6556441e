/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_failures.c - a day in the life of a run, in which one call fails: the
 *                   first, a later one, and so on, until none is left
 *
 * EVERY=1 leaves none out, which takes some seconds.
 *
 * Whatever fails, nothing that was acknowledged is lost, no descriptor stays
 * open, and nothing crashes.  That no memory stays behind is for SAN=1 to see.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/checkpoint.h"
#include "chunk/state.h"
#include "tests/support/testrun.h"

/* ---- the call that fails ---- */

static struct {
	bool memory;		/* a call for it, or one of the disk's */
	int at;			/* the nth from now; 0: none */
	int error;
} failing;

static bool fails(bool memory)
{
	if (memory != failing.memory || failing.at <= 0 || --failing.at)
		return false;
	errno = failing.error;
	return true;
}

#define WRAP(type, name, params, args, memory, failed)			\
	type __real_##name params;					\
	type __wrap_##name params;					\
	type __wrap_##name params					\
	{								\
		return fails(memory) ? failed : __real_##name args;	\
	}
/* No power is cut here, so nothing has to wait for the disk. */
#define SYNC(name)							\
	int __wrap_##name(int fd);					\
	int __wrap_##name(int fd)					\
	{								\
		(void)fd;						\
		return fails(false) ? -1 : 0;				\
	}
#define DISK(type, name, params, args) WRAP(type, name, params, args, false, -1)
#define MEMORY(name, params, args) WRAP(void *, name, params, args, true, NULL)

SYNC(fsync)
SYNC(fdatasync)
DISK(int, mkdirat, (int d, const char *n, mode_t m), (d, n, m))
DISK(int, linkat, (int a, const char *b, int c, const char *d, int f),
     (a, b, c, d, f))
DISK(int, renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
DISK(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
DISK(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))
DISK(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
MEMORY(malloc, (size_t n), (n))
MEMORY(calloc, (size_t n, size_t size), (n, size))
MEMORY(realloc, (void *p, size_t n), (p, n))
MEMORY(strdup, (const char *s), (s))

int __real_openat(int d, const char *name, int flags, ...);
int __wrap_openat(int d, const char *name, int flags, ...);
int __wrap_openat(int d, const char *name, int flags, ...)
{
	flags &= ~(O_DSYNC | O_DIRECT);
	return fails(false) ? -1 : __real_openat(d, name, flags, 0600);
}

int __real_posix_memalign(void **p, size_t align, size_t n);
int __wrap_posix_memalign(void **p, size_t align, size_t n);
int __wrap_posix_memalign(void **p, size_t align, size_t n)
{
	return fails(true) ? ENOMEM : __real_posix_memalign(p, align, n);
}

/* ---- a day ---- */

#define CHUNKS 2

/* What was acknowledged. */
struct promises {
	bool done[CHUNKS];
	uint64_t checkpoint;
	struct belay_error err;
};

static int see_checkpoints(struct run *r, struct begin *b,
			   struct belay_error *err)
{
	struct checkpoint_list list = { 0 };
	int rc = checkpoint_list(r, &list, err);

	b->checkpoints = __real_calloc(list.n + 1, sizeof(*b->checkpoints));
	for (unsigned i = 0; i < list.n; i++)
		b->checkpoints[b->n_checkpoints++] = list.c[i].id;
	checkpoint_list_free(&list);
	return rc;
}

static unsigned begin(struct run *r, struct belay_error *err)
{
	struct begin b = { .nodes = (char[]){ "n[1-2]" } };
	unsigned n = testrun_claim(r, err);

	if (n && (run_reload(r, err) < 0 || journal_cut(r, n, &b, err) < 0 ||
		  see_checkpoints(r, &b, err) < 0 ||
		  run_index_job(r, r->dir, 12, n, err) < 0 ||
		  run_publish_begin(r, n, &b, err) < 0 ||
		  run_reload(r, err) < 0))
		n = 0;
	free(b.checkpoints);
	free(b.cut);
	return n;
}

/* The first chunk in attempt 1, the second in attempt 2. */
static void record(struct run *r, unsigned n, struct promises *p)
{
	struct event e = { .type = EVENT_SET, .set = 1, .count = CHUNKS,
			   .name = "main" };
	struct journal_writer *w;

	w = journal_open(r, n, "test", JOURNAL_SMALL, &p->err);
	if (!w)
		return;
	if (event_add(w, &e, &p->err)) {
		e.type = EVENT_CHUNK_DONE;
		e.chunk = n - 1;
		if (e.chunk < CHUNKS && event_add(w, &e, &p->err) &&
		    journal_commit(w, &p->err) == 0)
			p->done[e.chunk] = true;
	}
	journal_close(w);
}

static void save(struct run *r, unsigned n, struct promises *p)
{
	struct checkpoint_options opt = { .label = "x" };
	char *dir = checkpoint_stage(r, n, &p->err), path[512];
	uint64_t id;
	int fd;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/state", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(__real_write(fd, "42", 2), 2);
	close(fd);
	id = checkpoint_commit(r, n, dir, &opt, &p->err);
	if (id)
		p->checkpoint = id;
	free(dir);
}

static void look(struct run *r, unsigned n, struct promises *p)
{
	struct chunk_state *s = chunk_state_load(r, &p->err);
	struct checkpoint_list list = { 0 };
	char path[512];

	if (s)
		chunk_snapshot_write(r, n, s, &p->err);
	chunk_state_free(s);
	if (checkpoint_list(r, &list, &p->err) == 0 && list.n) {
		snprintf(path, sizeof(path), "%s/restored", r->dir);
		checkpoint_check(r, &list.c[0], true, &p->err);
		checkpoint_restore(r, &list.c[0], path, &p->err);
	}
	checkpoint_list_free(&list);
}

static struct run *open_run(struct tmpdir *d, struct belay_error *err)
{
	struct run_spec spec = {
		.root = d->path, .cluster = "mc", .name = "12",
		.submission = "0123456789abcdef0123456789abcdef",
		.preset = "standard", .work_dir = "/",
	};
	bool fresh, renamed;

	return run_create(&spec, &fresh, &renamed, err);
}

static void live(struct tmpdir *d, struct promises *p)
{
	struct run *r = open_run(d, &p->err);
	unsigned n;

	if (!r)
		return;
	n = begin(r, &p->err);
	if (n) {
		record(r, n, p);
		save(r, n, p);
	}
	n = begin(r, &p->err);
	if (n) {
		look(r, n, p);
		record(r, n, p);
		save(r, n, p);
		checkpoint_prune(r, n, 1, 0, &p->err);
	}
	run_close(r);
}

/* ---- the day after ---- */

static void check(struct tmpdir *d, const struct promises *p)
{
	struct run *r = open_run(d, &d->err);
	struct checkpoint_list list = { 0 };
	struct checkpoint *c;
	struct chunk_state *s;
	struct chunk_set *set;

	if (!r)
		fail_msg("%s", d->err.text);
	s = chunk_state_load(r, &d->err);
	assert_non_null(s);
	assert_int_equal(s->damaged, 0);
	set = chunk_set_find(s, "main");
	for (int i = 0; i < CHUNKS; i++)
		if (p->done[i] && (!set || set->status[i] != CHUNK_DONE))
			fail_msg("chunk %d was acknowledged and is lost", i);
	chunk_state_free(s);
	assert_ok(checkpoint_list(r, &list, &d->err), &d->err);
	c = checkpoint_newest_good(&list);
	if (p->checkpoint) {
		assert_non_null(c);
		assert_true(c->id >= p->checkpoint);
	}
	if (c)
		assert_ok(checkpoint_check(r, c, true, &d->err), &d->err);
	checkpoint_list_free(&list);
	run_close(r);
}

static unsigned count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* false when the call was not reached any more. */
static bool live_with(struct tmpdir *d, bool memory, int nth, int error)
{
	struct promises p = { .checkpoint = 0 };
	unsigned before = count_open(), after;

	failing.memory = memory;
	failing.error = error;
	failing.at = nth;
	live(d, &p);
	after = count_open();
	if (failing.at > 0) {
		failing.at = 0;
		for (int i = 0; i < CHUNKS; i++)
			assert_true(p.done[i]);
		assert_int_equal(p.checkpoint, 2);
		return false;
	}
	if (before != after)
		fail_msg("call %d: %d descriptors are left open: %s", nth,
			 (int)after - (int)before, p.err.text);
	check(d, &p);
	return true;
}

static void live_until_nothing_fails(struct tmpdir *d, bool memory, int error,
				     int step)
{
	char all[64];
	int nth = 1;
	bool more = true;

	if (getenv("EVERY"))
		step = 1;
	snprintf(all, sizeof(all), "%s", d->path);
	for (; more; nth += step) {
		snprintf(d->path, sizeof(d->path), "%.40s/%d.%d", all, error,
			 nth);
		assert_int_equal(mkdir(d->path, 0700), 0);
		more = live_with(d, memory, nth, error);
		assert_in_range(nth, 1, 2000);
	}
	assert_true(nth > 100);
	snprintf(d->path, sizeof(d->path), "%s", all);
}

static void test_a_disk_that_fails_once(void **state)
{
	live_until_nothing_fails(*state, false, EIO, 3);
}

static void test_memory_that_is_out_once(void **state)
{
	live_until_nothing_fails(*state, true, ENOMEM, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_disk_that_fails_once),
		TEST_IN_TMPDIR(test_memory_that_is_out_once),
	};

	return cmocka_run_group_tests_name("failures", tests, NULL, NULL);
}
