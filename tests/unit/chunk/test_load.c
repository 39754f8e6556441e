/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_load.c - eight writers in three attempts, read back from disk, against
 *               a model that is only arrays
 *
 * SEED=N repeats a run of it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chunk/state.h"
#include "tests/support/testrun.h"

#define CHUNKS 40
#define WRITERS 8
#define ATTEMPTS 3
#define EVENTS 400

static unsigned seed;

static unsigned pick(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- the model ---- */

struct model_chunk {
	bool done, quarantined, lost_now;
	unsigned fails, lost, begun;	/* begun: greatest try of the attempt */
	unsigned nth_begin;		/* of the whole run */
	char node[8];			/* where that try began */
};

struct model {
	struct model_chunk chunk[CHUNKS];
	uint64_t done_by_attempt[ATTEMPTS + 1];
	unsigned beats, late;
};

static void model_event(struct model *m, const struct event *e)
{
	struct model_chunk *c = &m->chunk[e->chunk];

	switch (e->type) {
	case EVENT_CHUNK_BEGIN:
		if (e->try > c->begun) {
			c->begun = e->try;
			strcpy(c->node, e->node);
		}
		break;
	case EVENT_CHUNK_DONE:
		m->done_by_attempt[e->attempt] += !c->done;
		c->done = true;
		break;
	case EVENT_CHUNK_FAIL:
		c->fails += e->kind != FAIL_LOST;
		c->lost += e->kind == FAIL_LOST;
		c->quarantined |= !e->retryable;
		break;
	case EVENT_CHUNK_GIVE_UP:
		c->quarantined = true;
		break;
	default:
		m->beats++;
	}
}

static bool model_runs(const struct model_chunk *c)
{
	return !c->done && !c->quarantined && c->begun > c->fails + c->lost;
}

static void model_end(struct model *m, const char *suspects)
{
	for (unsigned i = 0; i < CHUNKS; i++) {
		struct model_chunk *c = &m->chunk[i];

		if (!model_runs(c))
			continue;
		c->begun = 0;
		if (!suspects || strstr(suspects, c->node))
			c->lost++;
	}
}

static enum chunk_status model_status(const struct model_chunk *c)
{
	if (c->done)
		return CHUNK_DONE;
	if (c->quarantined)
		return CHUNK_QUARANTINED;
	if (model_runs(c))
		return CHUNK_RUNNING;
	return c->fails ? CHUNK_RETRYING : CHUNK_PENDING;
}

/* ---- writing at random what the model is told ---- */

struct pen {			/* a writer, and what it has not committed */
	struct journal_writer *w;
	struct event pending[8];
	unsigned n;
};

static struct event random_event(struct model *m, unsigned attempt)
{
	static const enum event_type types[] = {
		EVENT_CHUNK_BEGIN, EVENT_CHUNK_BEGIN, EVENT_CHUNK_BEGIN,
		EVENT_CHUNK_DONE, EVENT_CHUNK_FAIL, EVENT_BEAT,
	};
	struct event e = { .type = types[pick(6)], .set = 1,
			   .attempt = attempt, .retryable = true };

	e.chunk = pick(CHUNKS);
	snprintf(e.node, sizeof(e.node), "n%u", 1 + pick(4));
	if (e.type == EVENT_CHUNK_BEGIN)
		e.try = ++m->chunk[e.chunk].nth_begin;
	e.kind = pick(3) ? FAIL_EXIT : FAIL_LOST;
	if (e.type == EVENT_CHUNK_FAIL && pick(20) == 0)
		e.retryable = false;
	if (pick(100) == 0)
		e.type = EVENT_CHUNK_GIVE_UP;
	return e;
}

static void pen_write(struct pen *p, const struct event *e, struct tmpdir *d)
{
	assert_int_not_equal(event_add(p->w, e, &d->err), 0);
	p->pending[p->n++] = *e;
}

static void pen_commit(struct pen *p, struct model *m, struct tmpdir *d)
{
	assert_ok(journal_commit(p->w, &d->err), &d->err);
	for (unsigned i = 0; i < p->n; i++)
		if (p->pending[i].type != EVENT_SET)
			model_event(m, &p->pending[i]);
	p->n = 0;
}

static void pens_open(struct pen pens[WRITERS], struct run *r, unsigned n,
		      struct tmpdir *d)
{
	struct event set = { .type = EVENT_SET, .set = 1, .count = CHUNKS,
			     .name = "main" };

	for (unsigned i = 0; i < WRITERS; i++) {
		pens[i].n = 0;
		pens[i].w = journal_open(r, n, "map", i % 2 ? JOURNAL_SMALL :
					 JOURNAL_LARGE, &d->err);
		assert_non_null(pens[i].w);
		pen_write(&pens[i], &set, d);
	}
}

static void write_attempt(struct pen pens[WRITERS], struct model *m,
			  unsigned attempt, struct tmpdir *d)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		struct pen *p = &pens[pick(WRITERS)];
		struct event e = random_event(m, attempt);

		pen_write(p, &e, d);
		if (p->n == 8 || pick(4) == 0)
			pen_commit(p, m, d);
	}
}

/* Zombies write on, and what they say does not count. */
static void write_late(struct pen pens[WRITERS], struct model *m)
{
	for (unsigned i = 0; i < WRITERS; i++) {
		if (pens[i].n && journal_commit(pens[i].w, NULL) < 0)
			m->late += pens[i].n;
		journal_close(pens[i].w);
	}
}

/* ---- comparing ---- */

static void compare_chunk(const struct chunk_set *set, const struct model *m,
			  uint64_t i)
{
	const struct chunk_trouble *t = chunk_trouble_of(set, i);
	enum chunk_status want = model_status(&m->chunk[i]);

	if (set->status[i] != want)
		fail_msg("chunk %u is %s, not %s", (unsigned)i,
			 chunk_status_word[set->status[i]],
			 chunk_status_word[want]);
	assert_int_equal(t ? t->fails : 0, m->chunk[i].fails);
	assert_int_equal(t ? t->lost : 0, m->chunk[i].lost);
}

static void compare(struct run *r, const struct model *m, struct tmpdir *d)
{
	struct chunk_state *s;
	struct chunk_set *set;

	assert_ok(run_reload(r, &d->err), &d->err);
	s = chunk_state_load(r, &d->err);
	if (!s)
		fail_msg("%s", d->err.text);
	set = chunk_set_find(s, "main");
	assert_non_null(set);
	for (uint64_t i = 0; i < CHUNKS; i++)
		compare_chunk(set, m, i);
	for (unsigned i = 1; i < s->n_attempts; i++)
		assert_int_equal(s->done_by_attempt[i], m->done_by_attempt[i]);
	assert_int_equal(s->damaged, 0);
	assert_int_equal(s->beats, m->beats);
	assert_int_equal(s->late, m->late);
	chunk_state_free(s);
}

static void snapshot(struct run *r, unsigned n, struct tmpdir *d)
{
	struct chunk_state *s = chunk_state_load(r, &d->err);

	assert_non_null(s);
	assert_ok(chunk_snapshot_write(r, n, s, &d->err), &d->err);
	chunk_state_free(s);
}

static void end_attempt(struct run *r, unsigned n, struct model *m,
			struct tmpdir *d)
{
	static const char *const suspects[] = { "n1", "n2,n4", "" };
	unsigned which = pick(4);

	if (which < 3)
		testrun_end(r, n, "node_fail", suspects[which], d);
	model_end(m, which < 3 ? suspects[which] : NULL);
}

static void test_what_was_recorded_is_what_is_read(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct model m = { .beats = 0 };
	struct pen pens[WRITERS];
	unsigned n = testrun_begin(r, d);

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		pens_open(pens, r, n, d);
		write_attempt(pens, &m, n, d);
		compare(r, &m, d);
		end_attempt(r, n, &m, d);
		n = testrun_begin(r, d);
		write_late(pens, &m);
		compare(r, &m, d);
		if (pick(2)) {
			snapshot(r, n, d);
			compare(r, &m, d);
		}
	}
	run_close(r);
}

int main(void)
{
	const char *given = getenv("SEED");
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_what_was_recorded_is_what_is_read),
		TEST_IN_TMPDIR(test_what_was_recorded_is_what_is_read),
	};

	seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
	printf("# SEED=%u\n", seed);
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
