/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rank_worker.c - one of the processes that write checkpoints together
 *
 *	begin ROOT			begins the next attempt, prints its number
 *	work RANK RANKS NONCE [STEPS]	saves step after step; see below
 *	check				reads every checkpoint that counts
 *
 * work recovers the newest one whatever number of ranks wrote it, says "open"
 * and waits for a line; then it saves until it is killed or fenced (75), and
 * says "saved ID STEP" or "part STEP" when it was promised that, not before.
 * The nonce is that of all processes started together.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint/checkpoint.h"
#include "journal/journal.h"

#define WORDS 50000		/* of a rank: a few blocks, most never change */
#define CHANGING 500

static struct belay_error err;

static void check(bool fine)
{
	if (fine)
		return;
	if (err.code != BELAY_EFENCED)
		fprintf(stderr, "rank_worker: %s\n", err.text);
	exit(err.code == BELAY_EFENCED ? 75 : 1);
}

/* ---- begin ---- */

static int begin(const char *root)
{
	struct run_spec spec = {
		.root = root, .cluster = "mc", .name = "12",
		.submission = "0123456789abcdef0123456789abcdef",
		.preset = "standard", .work_dir = "/",
	};
	struct begin b = { .nodes = (char[]){ "n1" }, .batch_host = "n1",
			   .settings = settings_default };
	struct checkpoint_list list;
	bool fresh, renamed;
	struct run *r = run_create(&spec, &fresh, &renamed, &err);
	uint64_t ids[64];
	unsigned n = 0;

	check(r && run_claim(r, &b, &n, &err) == 1 &&
	      run_reload(r, &err) == 0 && journal_cut(r, n, &b, &err) == 0 &&
	      checkpoint_list(r, &list, &err) == 0 && list.n < 64);
	for (unsigned i = 0; i < list.n; i++)
		ids[b.n_checkpoints++] = list.c[i].id;
	b.checkpoints = ids;
	run_begin_self(&b);
	check(run_publish_begin(r, n, &b, &err) == 1);
	printf("%u\n", n);
	return 0;
}

/* ---- what a rank has at a step ---- */

struct state {
	uint64_t step, nonce;
	uint64_t word[WORDS];
};

static uint64_t word_of(unsigned rank, uint64_t step, size_t i)
{
	return i < CHANGING ? step * 1000003 + rank * 7919 + i : i * 31;
}

static void compute(struct state *s, unsigned rank)
{
	s->step++;
	for (size_t i = 0; i < WORDS; i++)
		s->word[i] = word_of(rank, s->step, i);
}

static void put(struct belay_checkpoint *c, const char *name, uint64_t *data,
		uint64_t n)
{
	struct belay_array a = { .name = name, .type = BELAY_U64, .dims = 1,
				 .shape = &n, .data = data };

	check(belay_checkpoint_put(c, &a, &err) == 0);
}

static void save(struct belay *b, struct state *s)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct belay_checkpoint *c;
	uint64_t id;
	int rc;

	o.step = s->step;
	c = belay_checkpoint_begin(b, &o, &err);
	check(c);
	put(c, "step", &s->step, 1);
	put(c, "nonce", &s->nonce, 1);
	put(c, "word", s->word, WORDS);
	rc = belay_checkpoint_commit(c, &id, &err);
	check(rc >= 0);
	if (rc)
		printf("saved %" PRIu64 " %" PRIu64 "\n", id, s->step);
	else
		printf("part %" PRIu64 "\n", s->step);
}

/* Rank 0 is always there, and all of them are at one step. */
static void recover(struct belay *b, struct state *s)
{
	struct belay_restore *r = belay_restore_open(b, 0, &err);

	if (!r && err.code == BELAY_ENOENT)
		return;
	check(r && belay_restore_read(r, belay_restore_find(r, 0, "step"), 0,
				      &s->step, 8, &err) == 0);
	belay_restore_close(r);
}

static int work(unsigned rank, unsigned ranks, uint64_t nonce, long steps)
{
	static struct state s;
	struct belay_options o = BELAY_OPTIONS_INIT;
	char line[16];
	struct belay *b;

	o.rank = rank;
	o.ranks = ranks;
	o.threads = 1;
	b = belay_open(&o, &err);
	check(b);
	recover(b, &s);
	s.nonce = nonce;
	puts("open");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (long i = 0; !steps || i < steps; i++) {
		compute(&s, rank);
		save(b, &s);
	}
	return belay_close(b, 0, &err) < 0;
}

/* ---- check ---- */

static void read_into(struct belay_restore *r, unsigned rank, const char *name,
		      void *data, uint64_t bytes)
{
	const struct belay_entry *e = belay_restore_find(r, rank, name);

	if (!e || e->bytes != bytes ||
	    belay_restore_read(r, e, 0, data, bytes, &err) < 0) {
		printf("wrong: checkpoint %" PRIu64 ", rank %u, %s: %s\n",
		       belay_restore_info(r)->id, rank, name, err.text);
		exit(1);
	}
}

static void check_one(struct belay *b, const struct belay_checkpoint_info *c)
{
	static struct state s, first;
	struct belay_restore *r = belay_restore_open(b, c->id, &err);

	check(r);
	for (unsigned rank = 0; rank < c->ranks; rank++) {
		bool same = true;

		read_into(r, rank, "step", &s.step, 8);
		read_into(r, rank, "nonce", &s.nonce, 8);
		read_into(r, rank, "word", s.word, sizeof(s.word));
		if (!rank)
			first = s;
		for (size_t i = 0; i < WORDS; i++)
			same &= s.word[i] == word_of(rank, first.step, i);
		if (!same || s.step != first.step || s.nonce != first.nonce)
			printf("wrong: checkpoint %" PRIu64 ", rank %u of %u: "
			       "step %" PRIu64 " nonce %" PRIu64 ", rank 0 %"
			       PRIu64 " %" PRIu64 "\n", c->id, rank, c->ranks,
			       s.step, s.nonce, first.step, first.nonce);
	}
	printf("good %" PRIu64 " %" PRIu64 " %u\n", c->id, first.step,
	       c->ranks);
	belay_restore_close(r);
}

static int check_all(void)
{
	struct belay_checkpoint_info *list;
	struct belay *b = belay_open(NULL, &err);
	int64_t n = b ? belay_checkpoint_list(b, &list, &err) : -1;

	check(n >= 0);
	for (int64_t i = 0; i < n; i++) {
		if (list[i].good)
			check_one(b, &list[i]);
		else
			printf("not good %" PRIu64 "\n", list[i].id);
	}
	free(list);
	return belay_close(b, 0, &err) < 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "begin"))
		return begin(argv[2]);
	if (argc >= 5 && !strcmp(argv[1], "work"))
		return work((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]),
			    strtoull(argv[4], NULL, 10),
			    argc > 5 ? atol(argv[5]) : 0);
	if (argc == 2 && !strcmp(argv[1], "check"))
		return check_all();
	return 2;
}
