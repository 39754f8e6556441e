/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - what it costs to know for good that a chunk is done, and to know
 *            it again: belay beside SQLite and the bare disk, in turns
 *
 *	record DIR	prints a line per row: what, ours, theirs, the ratio
 *
 * Disks have moods, so every round measures both, and what is printed is the
 * median over the rounds and how far they were apart.
 */

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "chunk/state.h"

#define ROUNDS 7
#define CHUNKS 1000000u
#define TAIL 100000u

static struct belay_error err;

static void check(bool fine)
{
	if (fine)
		return;
	fprintf(stderr, "record: %s\n", err.text);
	exit(1);
}

static double us_since(int64_t ns)
{
	return (double)(clock_mono_ns() - ns) / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

/* ---- ours ---- */

struct ours {
	struct run *run;
	unsigned attempt;
	struct journal_writer *w;
	struct event done;
};

static void ours_open(struct ours *o, const char *dir, const char *name,
		      uint64_t count)
{
	struct run_spec spec = {
		.root = dir, .cluster = "bench", .name = name,
		.submission = "0123456789abcdef0123456789abcdef",
		.preset = "standard", .work_dir = "/",
	};
	struct begin b = { .nodes = (char[]){ "n1" } };
	struct event set = { .type = EVENT_SET, .set = 1, .count = count,
			     .name = "main" };
	bool fresh, renamed;

	o->run = run_create(&spec, &fresh, &renamed, &err);
	check(o->run);
	check(run_claim(o->run, &b, &o->attempt, &err) == 1 &&
	      run_reload(o->run, &err) == 0 &&
	      journal_cut(o->run, o->attempt, &b, &err) == 0 &&
	      run_publish_begin(o->run, o->attempt, &b, &err) == 1 &&
	      run_reload(o->run, &err) == 0);
	free(b.cut);
	o->w = journal_open(o->run, o->attempt, "map", JOURNAL_LARGE, &err);
	check(o->w && event_add(o->w, &set, &err) &&
	      journal_commit(o->w, &err) == 0);
	o->done = (struct event){ .type = EVENT_CHUNK_DONE, .set = 1, .try = 1,
				  .duration_us = 1000, .node = "node0017" };
}

static void ours_done(struct ours *o, unsigned batch)
{
	for (unsigned i = 0; i < batch; i++, o->done.chunk++)
		check(event_add(o->w, &o->done, &err));
	check(journal_commit(o->w, &err) == 0);
}

static void ours_close(struct ours *o)
{
	journal_close(o->w);
	run_close(o->run);
}

/* ---- theirs: WAL, synchronous=FULL ---- */

struct theirs {
	sqlite3 *db;
	sqlite3_stmt *insert;
	int chunk;
};

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "record: sqlite: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void theirs_open(struct theirs *t, const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.db", dir, name);
	check(sqlite3_open(path, &t->db) == SQLITE_OK);
	sql(t->db, "pragma journal_mode=wal; pragma synchronous=full;"
		   "create table chunk(id integer primary key, try int,"
		   " us int, node text)");
	sqlite3_prepare_v2(t->db, "insert into chunk "
			   "values(?, 1, 1000, 'node0017')", -1, &t->insert,
			   NULL);
	t->chunk = 0;
}

static void theirs_done(struct theirs *t, unsigned batch)
{
	sql(t->db, "begin");
	for (unsigned i = 0; i < batch; i++) {
		sqlite3_bind_int(t->insert, 1, t->chunk++);
		check(sqlite3_step(t->insert) == SQLITE_DONE);
		sqlite3_reset(t->insert);
	}
	sql(t->db, "commit");
}

static void theirs_close(struct theirs *t)
{
	sqlite3_finalize(t->insert);
	sqlite3_close(t->db);
}

/* ---- rows ---- */

struct row {
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
};

static void print(const char *what, const char *unit, const char *beside,
		  struct row *r)
{
	double ours, theirs, ratio;

	for (int i = 0; i < ROUNDS; i++)
		r->ratio[i] = r->theirs[i] / r->ours[i];
	ours = median(r->ours, ROUNDS);
	theirs = median(r->theirs, ROUNDS);
	ratio = median(r->ratio, ROUNDS);
	printf("%-44s %8.2f %-8s %-9s %9.2f   x%.2f (%.2f to %.2f)\n", what,
	       ours, unit, beside, theirs, ratio, r->ratio[0],
	       r->ratio[ROUNDS - 1]);
}

/* The median of one acknowledgement in each round. */
static void row_done(const char *dir, unsigned batch, int commits)
{
	double *us = calloc((size_t)commits, sizeof(*us));
	struct row row;
	char name[32], what[64];

	for (int i = 0; i < ROUNDS; i++) {
		struct ours o;
		struct theirs t;

		snprintf(name, sizeof(name), "done-%u-%d", batch, i);
		ours_open(&o, dir, name, CHUNKS);
		for (int k = 0; k < commits; k++) {
			int64_t since = clock_mono_ns();

			ours_done(&o, batch);
			us[k] = us_since(since);
		}
		row.ours[i] = median(us, commits) / batch;
		ours_close(&o);
		theirs_open(&t, dir, name);
		for (int k = 0; k < commits; k++) {
			int64_t since = clock_mono_ns();

			theirs_done(&t, batch);
			us[k] = us_since(since);
		}
		row.theirs[i] = median(us, commits) / batch;
		theirs_close(&t);
	}
	free(us);
	snprintf(what, sizeof(what), "durable completions, %u per sync", batch);
	print(what, "us each", "sqlite", &row);
}

/* 64 bytes and fdatasync(2), in a file that has the room already. */
static double append_bare(const char *dir, double *us, int n)
{
	static char zeros[1 << 20], record[64];
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/bare", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	check(write(fd, zeros, sizeof(zeros)) == sizeof(zeros) &&
	      fsync(fd) == 0);
	for (int i = 0; i < n; i++) {
		int64_t since = clock_mono_ns();

		check(pwrite(fd, record, 64, 64 * i) == 64 &&
		      fdatasync(fd) == 0);
		us[i] = us_since(since);
	}
	close(fd);
	return median(us, n);
}

static void row_bare(const char *dir)
{
	enum { COMMITS = 300 };
	double us[COMMITS];
	struct row row;
	struct ours o;

	ours_open(&o, dir, "bare-run", CHUNKS);
	for (int i = 0; i < ROUNDS; i++) {
		row.theirs[i] = append_bare(dir, us, COMMITS);
		for (int k = 0; k < COMMITS; k++) {
			int64_t since = clock_mono_ns();

			ours_done(&o, 1);
			us[k] = us_since(since);
		}
		row.ours[i] = median(us, COMMITS);
	}
	ours_close(&o);
	print("the same, 1 per sync", "us each", "fdatasync", &row);
}

/* A snapshot of all but TAIL, and these in a journal behind it. */
static void fill(const char *dir, const char *name)
{
	struct ours o;
	struct chunk_state *s;

	ours_open(&o, dir, name, CHUNKS);
	while (o.done.chunk < CHUNKS - TAIL)
		ours_done(&o, 1000);
	ours_close(&o);
	ours_open(&o, dir, name, CHUNKS);
	s = chunk_state_load(o.run, &err);
	check(s && chunk_snapshot_write(o.run, o.attempt, s, &err) == 0);
	chunk_state_free(s);
	o.done.chunk = CHUNKS - TAIL;
	while (o.done.chunk < CHUNKS)
		ours_done(&o, 1000);
	ours_close(&o);
}

static double ours_read(const char *dir, const char *name)
{
	int64_t since = clock_mono_ns();
	struct run *r = run_open(dir, "bench", name, &err);
	struct chunk_state *s = r ? chunk_state_load(r, &err) : NULL;
	uint64_t n[5], total;

	check(s);
	chunk_totals(s, n, &total);
	check(n[CHUNK_DONE] == CHUNKS);
	chunk_state_free(s);
	run_close(r);
	return us_since(since) / 1e3;
}

/* Which are done, as a program that resumes has to ask. */
static double theirs_read(const char *dir, const char *name)
{
	uint8_t *done = calloc(CHUNKS, 1);
	int64_t since = clock_mono_ns();
	sqlite3_stmt *list;
	unsigned n = 0;
	sqlite3 *db;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.db", dir, name);
	check(done && sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_prepare_v2(db, "select id from chunk", -1, &list, NULL);
	for (; sqlite3_step(list) == SQLITE_ROW; n++)
		done[sqlite3_column_int(list, 0)] = 1;
	check(n == CHUNKS);
	sqlite3_finalize(list);
	sqlite3_close(db);
	free(done);
	return us_since(since) / 1e3;
}

static void row_open(const char *dir)
{
	struct theirs t;
	struct row row;

	fill(dir, "open");
	theirs_open(&t, dir, "open");
	while (t.chunk < (int)CHUNKS)
		theirs_done(&t, 10000);
	theirs_close(&t);
	for (int i = 0; i < ROUNDS; i++) {
		row.ours[i] = ours_read(dir, "open");
		row.theirs[i] = theirs_read(dir, "open");
	}
	print("open a run of 1000000, 100000 behind the copy", "ms", "sqlite", &row);
}

int main(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] != '/') {
		fprintf(stderr, "usage: record DIR (absolute, empty)\n");
		return 2;
	}
	row_done(argv[1], 1, 300);
	row_bare(argv[1]);
	row_done(argv[1], 8, 300);
	row_done(argv[1], 64, 300);
	row_done(argv[1], 1000, 50);
	row_open(argv[1]);
	return 0;
}
