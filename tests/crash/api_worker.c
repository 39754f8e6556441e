/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_worker.c - a process that works on chunks and tells what it was promised
 *
 *	begin ROOT		begins the next attempt, prints its number
 *	work SEED COUNT BATCH	works until nothing is left, or it is fenced (75)
 *	dump ROOT		prints how each chunk stands, and each result
 *
 * Each line that work prints is written when the promise was made and not
 * before.  It knows belay by its header only.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chunk/state.h"
#include "journal/journal.h"

#define WAITING 64

static struct belay_error err;

static void check(bool fine)
{
	if (fine)
		return;
	if (err.code != BELAY_EFENCED)
		fprintf(stderr, "api_worker: %s\n", err.text);
	exit(err.code == BELAY_EFENCED ? 75 : 1);
}

/* ---- begin ---- */

static struct run *open_run(const char *root)
{
	struct run_spec spec = {
		.root = root, .cluster = "mc", .name = "12",
		.submission = "0123456789abcdef0123456789abcdef",
		.preset = "standard", .work_dir = "/",
	};
	bool fresh, renamed;
	struct run *r = run_create(&spec, &fresh, &renamed, &err);

	check(r);
	return r;
}

static void begin(const char *root)
{
	struct begin b = { .nodes = (char[]){ "n1" } };
	struct run *r = open_run(root);
	unsigned n = 0;

	check(run_claim(r, &b, &n, &err) == 1 && run_reload(r, &err) == 0 &&
	      journal_cut(r, n, &b, &err) == 0 &&
	      run_publish_begin(r, n, &b, &err) == 1);
	free(b.cut);
	run_close(r);
	printf("%u\n", n);
}

/* ---- work ---- */

struct worker {
	struct belay *b;
	unsigned seed, batch;
	uint64_t count;
	uint64_t waiting[WAITING];	/* done, and not promised to stay so */
	unsigned n_waiting;
};

static unsigned chance(struct worker *w, unsigned of)
{
	return (unsigned)rand_r(&w->seed) % of;
}

static void tell(const char *what, uint64_t chunk)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %" PRIu64 "\n", what, chunk);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		exit(1);
}

static void flush(struct worker *w)
{
	check(belay_flush(w->b, &err) == 0);
	for (unsigned i = 0; i < w->n_waiting; i++)
		tell("done", w->waiting[i]);
	w->n_waiting = 0;
}

/* Who did it, and bytes that follow from that. */
static void finish(struct worker *w, uint64_t chunk)
{
	static uint8_t bytes[6000];
	uint64_t who[] = { chunk, belay_info(w->b)->attempt,
			   (uint64_t)getpid() };
	uint64_t three = 3, n = chance(w, 3) ? chance(w, 64) : chance(w, 6000);
	const struct belay_array arrays[] = {
		{ "who", BELAY_U64, 1, &three, who },
		{ "bytes", BELAY_BYTES, 1, &n, bytes },
	};

	memset(bytes, (int)(chunk + n), n);
	check(belay_chunk_done_with(w->b, NULL, chunk, arrays, 2, &err) == 0);
	w->waiting[w->n_waiting++] = chunk;
	if (w->batch == 1 || w->n_waiting == WAITING || !chance(w, 20))
		flush(w);
}

static void handle(struct worker *w, uint64_t chunk)
{
	int again;

	tell("begun", chunk);
	if (!chance(w, 100))		/* one that it was not given */
		finish(w, chance(w, (unsigned)w->count));
	if (chance(w, 12)) {	/* most of them */
		finish(w, chunk);
		return;
	}
	again = belay_chunk_fail(w->b, NULL, chunk, "by chance",
				 chance(w, 10) != 0, &err);
	if (again < 0 && err.code == BELAY_EINVAL)
		return;			/* it was the one above */
	check(again >= 0);
	tell(again ? "failed" : "given_up", chunk);
}

static void work(unsigned seed, uint64_t count, unsigned batch)
{
	struct belay_options options = BELAY_OPTIONS_INIT;
	struct worker w = { .seed = seed, .count = count, .batch = batch };
	uint64_t chunk;
	int rc;

	options.batch = batch;
	w.b = belay_open(&options, &err);
	check(w.b && belay_chunks(w.b, NULL, count, &err) == 0);
	while ((rc = belay_chunk_next(w.b, NULL, &chunk, &err)) == 1)
		handle(&w, chunk);
	check(rc == 0);
	flush(&w);
	check(belay_close(w.b, 0, &err) == 0);
}

/* ---- dump ---- */

static void dump_states(struct run *r)
{
	struct chunk_state *s = chunk_state_load(r, &err);
	const struct chunk_set *set = s ? chunk_set_find(s, "main") : NULL;

	check(s);
	for (uint64_t c = 0; set && c < set->count; c++)
		printf("chunk %" PRIu64 " %s\n", c,
		       chunk_status_word[set->status[c]]);
	chunk_state_free(s);
}

static void dump_result(const struct belay_result *res)
{
	const uint64_t *who = res->arrays[0].data;
	const uint8_t *bytes = res->arrays[1].data;
	uint64_t n = res->arrays[1].shape[0];

	for (uint64_t i = 0; i < n; i++)
		if (bytes[i] != (uint8_t)(res->chunk + n))
			exit(1);
	printf("result %" PRIu64 " %u %" PRIu64 " %" PRIu64 "\n", res->chunk,
	       res->attempt, who[0], who[2]);
	if (who[1] != res->attempt)
		exit(1);
}

static void dump_results(struct run *r)
{
	struct belay_results *it;
	struct belay_result res;
	struct belay *b;
	char number[16];
	int rc;

	snprintf(number, sizeof(number), "%u", run_newest_number(r));
	setenv("BELAY_RUN_DIR", r->dir, 1);
	setenv("BELAY_ATTEMPT", number, 1);
	b = belay_open(NULL, &err);
	it = b ? belay_results_open(b, NULL, &err) : NULL;
	check(it);
	while ((rc = belay_results_next(it, &res, &err)) == 1)
		dump_result(&res);
	check(rc == 0);
	belay_results_close(it);
	check(belay_close(b, 0, &err) == 0);
}

int main(int argc, char **argv)
{
	struct run *r;

	if (argc == 3 && !strcmp(argv[1], "begin")) {
		begin(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "dump")) {
		r = open_run(argv[2]);
		dump_states(r);
		dump_results(r);
		run_close(r);
	} else if (argc == 5 && !strcmp(argv[1], "work")) {
		work((unsigned)atoi(argv[2]), strtoull(argv[3], NULL, 10),
		     (unsigned)atoi(argv[4]));
	} else {
		return 2;
	}
	return 0;
}
