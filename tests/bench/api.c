/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.c - what a chunk costs a program: belay beside SQLite, in turns
 *
 *	api DIR		prints a row each
 *	api memory DIR	opens a run of ten million chunks, prints its peak
 *
 * A chunk is given out, durably, and then done, durably, with 64 bytes of
 * result; in SQLite (WAL, synchronous=FULL) one transaction for the beginnings
 * of a batch and one for their ends.
 */

#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "belay/belay.h"
#include "tests/bench/rows.h"

#define ROUNDS 7
#define COUNT 1000000u
#define MANY 10000000u

static struct belay_error err;

static void check(bool fine)
{
	if (fine)
		return;
	fprintf(stderr, "api: %s\n", err.text);
	exit(1);
}

static double us_each(int64_t since, unsigned n)
{
	return (double)(clock_mono_ns() - since) / 1e3 / n;
}

/* ---- ours ---- */

static struct belay *ours_open(const char *dir, unsigned batch, uint64_t count)
{
	struct belay_options options = BELAY_OPTIONS_INIT;
	struct belay *b;

	options.root = dir;
	options.run = count == MANY ? "many" : "bench";
	options.batch = batch;
	b = belay_open(&options, &err);
	check(b && belay_chunks(b, NULL, count, &err) == 0);
	return b;
}

static double ours(struct belay *b, unsigned n)
{
	uint64_t eight = 8, data[8] = { 0 }, chunk;
	const struct belay_array a = { "", BELAY_U64, 1, &eight, data };
	int64_t since = clock_mono_ns();

	for (unsigned i = 0; i < n; i++)
		check(belay_chunk_next(b, NULL, &chunk, &err) == 1 &&
		      belay_chunk_done_with(b, NULL, chunk, &a, 1, &err) == 0);
	check(belay_flush(b, &err) == 0);
	return us_each(since, n);
}

/* ---- theirs ---- */

static sqlite3 *db;
static sqlite3_stmt *begin, *end;
static int next;

static void sql(const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "api: sqlite: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void theirs_open(const char *dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/api.db", dir);
	check(sqlite3_open(path, &db) == SQLITE_OK);
	sql("pragma journal_mode=wal; pragma synchronous=full;"
	    "create table chunk(id integer primary key, try int, us int,"
	    " node text, result blob)");
	sqlite3_prepare_v2(db, "insert into chunk(id, try, node) "
			   "values(?, 1, 'node0017')", -1, &begin, NULL);
	sqlite3_prepare_v2(db, "update chunk set us = 1000, "
			   "result = zeroblob(64) where id = ?", -1, &end,
			   NULL);
}

static void step(sqlite3_stmt *s, int first, unsigned n)
{
	sql("begin");
	for (unsigned i = 0; i < n; i++) {
		sqlite3_bind_int(s, 1, first + (int)i);
		check(sqlite3_step(s) == SQLITE_DONE);
		sqlite3_reset(s);
	}
	sql("commit");
}

static double theirs(unsigned batch, unsigned n)
{
	int64_t since = clock_mono_ns();

	for (unsigned i = 0; i < n; i += batch, next += (int)batch) {
		step(begin, next, batch);
		step(end, next, batch);
	}
	return us_each(since, n);
}

static void row(const char *dir, unsigned batch, unsigned n)
{
	struct belay *b = ours_open(dir, batch, COUNT);
	struct row r = { .rounds = ROUNDS };
	char what[64];

	for (int i = 0; i < ROUNDS; i++) {
		r.ours[i] = ours(b, n);
		r.theirs[i] = theirs(batch, n);
	}
	check(belay_close(b, 0, &err) == 0);
	snprintf(what, sizeof(what), "a program's chunk, begun and done, by %u",
		 batch);
	row_print(what, "us each", "sqlite", 0, &r);
}

/* ---- memory ---- */

static void memory(const char *dir)
{
	struct belay *b = ours_open(dir, 1000, MANY);
	struct rusage use;
	int64_t since;
	double ms;

	ours(b, 100000);
	check(belay_close(b, 1, &err) == 0);
	since = clock_mono_ns();
	b = ours_open(dir, 1, MANY);
	ours(b, 10);
	ms = us_each(since, 1) / 1e3;
	check(belay_close(b, 0, &err) == 0);
	getrusage(RUSAGE_SELF, &use);
	printf("%-44s %8.2f MiB       opened in %.0f ms\n",
	       "a run of 10000000 chunks, in memory at most",
	       (double)use.ru_maxrss / 1024, ms);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "memory")) {
		memory(argv[2]);
		return 0;
	}
	if (argc != 2 || argv[1][0] != '/') {
		fprintf(stderr, "usage: api [memory] DIR (absolute, empty)\n");
		return 2;
	}
	theirs_open(argv[1]);
	row(argv[1], 1, 200);
	row(argv[1], 8, 800);
	row(argv[1], 64, 6400);
	row(argv[1], 1000, 20000);
	return 0;
}
