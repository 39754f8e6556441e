/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - what has happened, until it is recorded and may be told */

#include <stdlib.h>

#include "base/clock.h"
#include "cmd/map/ledger.h"

/* A shared disk has better things to do than a thousand syncs a second of
 * ours, and nobody sees that an end is told 20 ms late. */
#define GATHER_NS 20000000ll
#define RETRY_NS 2000000000ll
#define GIVE_UP_NS 60000000000ll

int ledger_open(struct ledger *l, struct journal_writer *w,
		struct chunk_state *state, unsigned attempt,
		struct belay_error *err)
{
	l->state = state;
	l->attempt = attempt;
	l->writer = w ? journal_name(w) : "";
	l->recorder = recorder_new(w, err);
	return l->recorder ? 0 : -1;
}

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		capture_free(&b->outputs[i].out);
		capture_free(&b->outputs[i].err);
	}
	b->n = 0;
}

static void batch_free(struct batch *b)
{
	batch_clear(b);
	free(b->events);
	free(b->outputs);
}

static int batch_grow(struct batch *b)
{
	size_t cap = b->cap ? 2 * b->cap : 64;
	struct event *events = reallocarray(b->events, cap, sizeof(*events));
	struct output *outputs;

	if (!events)
		return -1;
	b->events = events;
	outputs = reallocarray(b->outputs, cap, sizeof(*outputs));
	if (!outputs)
		return -1;
	b->outputs = outputs;
	b->cap = cap;
	return 0;
}

void ledger_close(struct ledger *l)
{
	recorder_free(l->recorder);
	l->recorder = NULL;
	batch_free(&l->gathering);
	batch_free(&l->flying);
}

bool ledger_is_empty(const struct ledger *l)
{
	return !l->gathering.n && !l->flying.n;
}

int ledger_add(struct ledger *l, const struct event *e, struct output *o,
	       struct belay_error *err)
{
	struct batch *b = &l->gathering;

	if (b->n == b->cap && batch_grow(b) < 0)
		return err_nomem(err);
	b->events[b->n] = *e;
	b->events[b->n].attempt = l->attempt;
	b->events[b->n].writer = l->writer;
	b->events[b->n].seq = ++l->seq;
	b->events[b->n].time_us = clock_wall_us();
	b->outputs[b->n] = o ? *o : (struct output){ 0 };
	if (o)
		*o = (struct output){ 0 };
	b->n++;
	return 0;
}

static int tell(struct ledger *l, struct belay_error *err)
{
	struct batch *b = &l->flying;

	for (size_t i = 0; i < b->n; i++)
		if (chunk_state_fold(l->state, &b->events[i], err) < 0)
			return -1;
	for (size_t i = 0; i < b->n; i++)
		l->recorded(l->arg, &b->events[i], &b->outputs[i]);
	batch_clear(b);
	return 0;
}

static void recording_failed(struct ledger *l)
{
	int64_t now = clock_mono_ns();

	if (!l->failing_ns)
		l->failing_ns = now;
	l->next_ns = now + RETRY_NS;
	if (l->err.code == BELAY_EFENCED)
		l->health = LEDGER_FENCED;
	else if (now - l->failing_ns > GIVE_UP_NS)
		l->health = LEDGER_GIVEN_UP;
	else
		l->health = LEDGER_FAILING;
}

static int collect(struct ledger *l, struct belay_error *err)
{
	int rc = recorder_collect(l->recorder, &l->err);

	if (rc < 0)
		recording_failed(l);
	if (rc <= 0)
		return 0;
	if (l->health != LEDGER_FINE)
		l->next_ns = 0;
	l->failing_ns = 0;
	l->health = LEDGER_FINE;
	return tell(l, err);
}

static void begin(struct ledger *l, int64_t now)
{
	struct batch empty = l->flying;

	l->flying = l->gathering;
	l->gathering = empty;
	l->next_ns = now + GATHER_NS;
	recorder_begin(l->recorder, l->flying.events, l->flying.n);
}

/* Milliseconds from now to then, rounded up. */
static int until(int64_t then, int64_t now)
{
	return then <= now ? 0 : (int)((then - now + 999999) / 1000000);
}

int ledger_turn(struct ledger *l, bool hurry, int *wait_ms,
		struct belay_error *err)
{
	int64_t now;

	*wait_ms = -1;
	if (collect(l, err) < 0)
		return -1;
	now = clock_mono_ns();
	if (l->health > LEDGER_FAILING)
		return 0;
	if (l->health == LEDGER_FAILING) {
		if (now < l->next_ns) {
			*wait_ms = until(l->next_ns, now);
			return 0;
		}
		l->next_ns = INT64_MAX;	/* until this try has failed too */
		recorder_retry(l->recorder);
	} else if (l->gathering.n && !recorder_is_busy(l->recorder)) {
		if (hurry || now >= l->next_ns)
			begin(l, now);
		else
			*wait_ms = until(l->next_ns, now);
	}
	return 0;
}
