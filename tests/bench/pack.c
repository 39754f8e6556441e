/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.c - how fast a part is written and read, beside the bare disk
 *
 *	pack DIR [MIB [ROUNDS]]
 *
 * Both sides get the same bytes, in memory that was touched before, and promise
 * the same: on stable storage, under its name.  Each round measures all of them,
 * in turns, and files of the round before are gone.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "pack/pack.h"
#include "tests/bench/rows.h"

#define MIB (1u << 20)

static struct belay_error err;
static int dirfd;
static uint64_t bytes;
static uint8_t *data;

static void check(int fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "pack: %s: %s\n", what,
		err.text[0] ? err.text : strerror(errno));
	exit(1);
}

static double seconds_since(int64_t ns)
{
	return (double)(clock_mono_ns() - ns) / 1e9;
}

static double speed(uint64_t n, double seconds)
{
	return (double)n / MIB / seconds;
}

static void publish(const char *from, const char *to)
{
	check(renameat(dirfd, from, dirfd, to) == 0 && fsync(dirfd) == 0, to);
}

/* ---- the bare disk ---- */

struct bare {
	const char *from, *to;
	uint64_t at, n;
	size_t step;
	int flags;
};

static void *bare_write(void *arg)
{
	const struct bare *b = arg;
	int fd = openat(dirfd, b->from, O_WRONLY | O_CREAT | O_TRUNC | b->flags,
			0600);

	for (uint64_t at = 0; at < b->n; at += b->step)
		check(write(fd, data + b->at + at, b->step) ==
		      (ssize_t)b->step, "write");
	check(fsync(fd) == 0 && close(fd) == 0, "fsync");
	publish(b->from, b->to);
	return NULL;
}

static double bare_writers(unsigned writers, size_t step, int flags)
{
	struct bare b[2] = {
		{ "tmp0", "bare0", 0, bytes / writers, step, flags },
		{ "tmp1", "bare1", bytes / 2, bytes / writers, step, flags },
	};
	int64_t since = clock_mono_ns();
	pthread_t other;

	if (writers == 2)
		pthread_create(&other, NULL, bare_write, &b[1]);
	bare_write(&b[0]);
	if (writers == 2)
		pthread_join(other, NULL);
	return speed(bytes, seconds_since(since));
}

static void forget(const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY);

	check(fd >= 0 && fsync(fd) == 0 &&
	      posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0, name);
	close(fd);
}

static double bare_read(const char *name, bool cold)
{
	int fd = openat(dirfd, name, O_RDONLY);
	int64_t since;
	double s;

	if (cold)
		forget(name);
	since = clock_mono_ns();
	for (uint64_t at = 0; at < bytes; at += MIB)
		check(read(fd, data + at, MIB) == MIB, "read");
	s = seconds_since(since);
	close(fd);
	return speed(bytes, s);
}

static double tmpfs_write(void)
{
	int fd = memfd_create("belay-bench", 0);
	int64_t since = clock_mono_ns();
	double s;

	for (uint64_t at = 0; at < bytes; at += MIB)
		check(write(fd, data + at, MIB) == MIB, "tmpfs");
	s = seconds_since(since);
	close(fd);
	return speed(bytes, s);
}

/* ---- ours ---- */

static struct pack_sum sum;

static struct pack_writer *create(const struct pack_options *opt)
{
	struct pack_writer *w;

	unlinkat(dirfd, "tmp", 0);
	w = pack_create(dirfd, "tmp", opt, &err);
	check(w != NULL, "pack_create");
	return w;
}

static void put(struct pack_writer *w, uint64_t at, uint64_t n,
		const char *name)
{
	struct belay_array a = { .name = name, .dims = 1, .shape = &n,
				 .data = data + at };

	check(pack_put(w, &a, &err) == 0, "pack_put");
}

static double ours_write(const struct pack_options *opt, const char *to)
{
	int64_t since = clock_mono_ns();
	struct pack_writer *w = create(opt);

	put(w, 0, bytes, "a");
	check(pack_finish(w, &sum, &err) == 0, "pack_finish");
	publish("tmp", to);
	return seconds_since(since);
}

/* What the caller waits for; the rest goes on behind it. */
static double ours_async(const struct pack_options *opt)
{
	struct pack_writer *w = create(opt);
	int64_t since = clock_mono_ns();
	double s;

	put(w, 0, bytes, "a");
	s = seconds_since(since);
	check(pack_finish(w, &sum, &err) == 0, "pack_finish");
	return speed(bytes, s);
}

static double ours_read(const char *name, bool cold, unsigned threads)
{
	struct pack_reader *r;
	int64_t since;
	double s;

	if (cold)
		forget(name);
	since = clock_mono_ns();
	r = pack_open(dirfd, name, NULL, &err);
	check(r && pack_read(r, pack_entry(r, 0), 0, data, bytes, threads,
			     &err) == 0, "pack_read");
	s = seconds_since(since);
	pack_close(r);
	return speed(bytes, s);
}

/* Runs of 1 MiB, one in twenty, elsewhere each round. */
static void change_some(int round)
{
	for (uint64_t at = (uint64_t)(round % 20) * MIB; at < bytes;
	     at += 20 * MIB)
		for (uint64_t i = 0; i < MIB; i += 64)
			data[at + i]++;
}

/* ---- rows ---- */

enum { ONE, TWO, ODIRECT, COLD, COLD1, HOT, HOT1, ASYNC, SECOND_TIME, SECOND_BYTES,
       ROWS };

static struct row rows[ROWS];

static void second(int i, const struct pack_options *opt)
{
	struct pack_options next = *opt;
	double first;
	struct pack_sum whole;

	first = ours_write(opt, "part");
	whole = sum;
	change_some(i);
	next.base = pack_open(dirfd, "part", NULL, &err);
	next.base_as = "parent";
	check(next.base != NULL, "pack_open");
	rows[SECOND_TIME].ours[i] = ours_write(&next, "next");
	rows[SECOND_TIME].theirs[i] = first;
	rows[SECOND_BYTES].ours[i] = (double)sum.size / MIB;
	rows[SECOND_BYTES].theirs[i] = (double)whole.size / MIB;
	pack_close(next.base);
}

static void measure(int i)
{
	struct pack_options one = { .ranks = 1, .threads = 1 };
	struct pack_options two = { .ranks = 1, .threads = 2 };
	struct pack_options async = { .ranks = 1, .threads = 2, .async = true,
				      .memory_max = bytes };

	rows[ONE].theirs[i] = bare_writers(1, MIB, 0);
	rows[ONE].ours[i] = speed(bytes, ours_write(&one, "part"));
	rows[TWO].theirs[i] = bare_writers(2, MIB, 0);
	rows[TWO].ours[i] = speed(bytes, ours_write(&two, "part"));
	rows[ODIRECT].theirs[i] = bare_writers(1, 4 * MIB, O_DIRECT);
	rows[ODIRECT].ours[i] = rows[ONE].ours[i];
	bare_writers(1, MIB, 0);
	rows[COLD].theirs[i] = bare_read("bare0", true);
	rows[COLD].ours[i] = ours_read("part", true, 2);
	rows[COLD1].theirs[i] = rows[COLD].theirs[i];
	rows[COLD1].ours[i] = ours_read("part", true, 1);
	rows[HOT].theirs[i] = bare_read("bare0", false);
	rows[HOT].ours[i] = ours_read("part", false, 2);
	rows[HOT1].theirs[i] = rows[HOT].theirs[i];
	rows[HOT1].ours[i] = ours_read("part", false, 1);
	rows[ASYNC].theirs[i] = tmpfs_write();
	rows[ASYNC].ours[i] = ours_async(&async);
	second(i, &two);
}

static void print(int rounds)
{
	for (int i = 0; i < ROWS; i++)
		rows[i].rounds = rounds;
	row_print("checkpoint written, 1 thread", "MiB/s", "write", 1,
		  &rows[ONE]);
	row_print("the same", "MiB/s", "O_DIRECT", 1, &rows[ODIRECT]);
	row_print("checkpoint written, 2 threads", "MiB/s", "2 writers", 1,
		  &rows[TWO]);
	row_print("second one, 5 % changed: time", "s", "the first", 0,
		  &rows[SECOND_TIME]);
	row_print("second one, 5 % changed: size", "MiB", "the first", 0,
		  &rows[SECOND_BYTES]);
	row_print("caller waits, asynchronous", "MiB/s", "tmpfs", 1,
		  &rows[ASYNC]);
	row_print("restored and verified, cold, 2 threads", "MiB/s", "read", 1,
		  &rows[COLD]);
	row_print("restored and verified, cold, 1 thread", "MiB/s", "read", 1,
		  &rows[COLD1]);
	row_print("restored and verified, hot, 2 threads", "MiB/s", "read", 1,
		  &rows[HOT]);
	row_print("restored and verified, hot, 1 thread", "MiB/s", "read", 1,
		  &rows[HOT1]);
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[3]) : 7;
	uint64_t x = 88172645463325252;

	bytes = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1024) * MIB;
	dirfd = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	if (dirfd < 0 || rounds < 1 || rounds > ROUNDS_MAX || !bytes) {
		fprintf(stderr, "usage: pack DIR [MIB [ROUNDS]]\n");
		return 2;
	}
	data = aligned_alloc(MIB, bytes);
	check(data != NULL, "memory");
	for (uint64_t i = 0; i < bytes; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(data + i, &x, 8);
	}
	for (int i = 0; i < rounds; i++)
		measure(i);
	print(rounds);
	return 0;
}
