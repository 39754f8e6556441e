/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.c - what the crew reports becomes events, and what is recorded
 * becomes the next thing to do
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd/map/coordinator_state.h"

#define SET_NUMBER 1		/* this journal's number for its only set */

static void add(struct coordinator *c, struct event *e, struct output *o)
{
	e->set = SET_NUMBER;
	if (ledger_add(&c->ledger, e, o, c->err) < 0)
		c->broken = true;
}

static void queue_again(struct coordinator *c, uint64_t chunk)
{
	if (queue_add_again(&c->queue, chunk, c->err) < 0)
		c->broken = true;
}

static void give_up(struct coordinator *c, uint64_t chunk, const char *reason)
{
	struct event e = { .type = EVENT_CHUNK_GIVE_UP, .chunk = chunk };

	snprintf(e.text, sizeof(e.text), "%s", reason);
	add(c, &e, NULL);
}

/* ---- how often, and where ----------------------------------------------- */

static const struct chunk_trouble *trouble(const struct coordinator *c,
					   uint64_t chunk)
{
	return c->spec->set->troubles ?
	       chunk_trouble_of(c->spec->set, chunk) : NULL;
}

/* How many different nodes were lost with the chunk, `node` (or NULL)
 * included. */
static int nodes_lost(const struct chunk_trouble *t, const char *node)
{
	size_t len = node ? strlen(node) : 0, n;
	const char *at = t ? t->lost_nodes : "";
	int count = 0;
	bool is_new = node;

	for (; *at; at += n + (at[n] == ',')) {
		n = strcspn(at, ",");
		count++;
		if (node && n == len && !memcmp(at, node, n))
			is_new = false;
	}
	return count + is_new;
}

static void give_up_lost(struct coordinator *c, uint64_t chunk, int nodes)
{
	char reason[128];

	snprintf(reason, sizeof(reason),
		 "%d nodes were lost while they ran it", nodes);
	give_up(c, chunk, reason);
}

/* ---- in the beginning --------------------------------------------------- */

static void sort_in(struct coordinator *c, uint64_t chunk)
{
	const struct chunk_trouble *t = trouble(c, chunk);
	int max = c->spec->max_tries, nodes = nodes_lost(t, NULL);

	if (!t)
		queue_add_fresh(&c->queue, chunk);
	else if ((int)t->fails >= max)
		give_up(c, chunk, t->reason);
	else if (nodes >= max)
		give_up_lost(c, chunk, nodes);
	else
		queue_again(c, chunk);
}

int account_begin(struct coordinator *c)
{
	const struct chunk_set *set = c->spec->set;
	struct event e = { .type = EVENT_SET, .count = set->count };

	/* a list that was empty today may be longer tomorrow */
	if (!set->count)
		return 0;
	snprintf(e.name, sizeof(e.name), "%s", set->name);
	memcpy(e.items, set->items, sizeof(e.items));
	memcpy(e.command, set->command, sizeof(e.command));
	add(c, &e, NULL);
	for (uint64_t i = 0; i < set->count && !c->broken; i++)
		if (set->status[i] != CHUNK_DONE &&
		    set->status[i] != CHUNK_QUARANTINED)
			sort_in(c, i);
	return c->broken ? -1 : 0;
}

/* ---- what the crew reports ---------------------------------------------- */

void account_joined(void *arg, unsigned member, const char *node,
		    unsigned slots)
{
	struct coordinator *c = arg;

	(void)member;
	if (members_add(&c->members, node, slots, c->err) < 0)
		c->broken = true;
}

void account_begun(void *arg, unsigned member, uint64_t chunk, uint32_t try)
{
	struct coordinator *c = arg;
	struct member *m = &c->members.m[member];
	struct held *h = member_find(m, chunk);
	struct event e = {
		.type = EVENT_CHUNK_BEGIN, .chunk = chunk, .try = try,
	};

	if (!h)
		return;
	members_begun(&c->members, h);
	snprintf(e.node, sizeof(e.node), "%s", m->node);
	add(c, &e, NULL);
}

void account_stuck(void *arg, unsigned member, uint64_t chunk, const char *why)
{
	struct coordinator *c = arg;
	struct held *h = member_find(&c->members.m[member], chunk);

	if (!h)
		return;
	members_stuck(&c->members, h);
	snprintf(c->no_room, sizeof(c->no_room), "%s", why);
}

/* The last line of what the chunk said on stderr is often the reason. */
static void last_words(const struct capture *c, char *out, size_t size)
{
	char tail[200];
	uint64_t all = capture_size(c), from;
	ssize_t n;
	char *line;

	from = all > sizeof(tail) - 1 ? all - (sizeof(tail) - 1) : 0;
	n = capture_read(c, from, tail, sizeof(tail) - 1);
	while (n > 0 && isspace((unsigned char)tail[n - 1]))
		n--;
	tail[n > 0 ? n : 0] = '\0';
	line = strrchr(tail, '\n');
	line = line ? line + 1 : tail;
	for (char *p = line; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	snprintf(out, size, "%s%.*s", *line ? ": " : "", (int)size - 3, line);
}

void account_reason(const struct result *r, char out[256])
{
	char words[160];

	last_words(&r->err, words, sizeof(words));
	switch (r->kind) {
	case FAIL_EXIT:
		snprintf(out, 256, "%s", words + (*words ? 2 : 0));
		break;
	case FAIL_SIGNAL:
		snprintf(out, 256, "%s%s", strsignal(r->value), words);
		break;
	case FAIL_TIMEOUT:
		snprintf(out, 256, "%.95s%s", r->reason, words);
		break;
	default:
		snprintf(out, 256, "%s", r->reason);
	}
}

/* The text alone where it says all; of an exit or signal also which. */
static void in_words(const struct event *e, char out[EVENT_TEXT])
{
	if (e->kind == FAIL_EXIT || e->kind == FAIL_SIGNAL)
		event_reason(e, out);
	else
		snprintf(out, EVENT_TEXT, "%s", e->text);
}

static void smooth(struct coordinator *c, const struct result *r)
{
	double s = (double)r->duration_us / 1e6;

	c->chunk_s = c->chunk_s > 0 ? 0.9 * c->chunk_s + 0.1 * s : s + 1e-9;
}

void account_ended(void *arg, unsigned member, struct result *r)
{
	struct coordinator *c = arg;
	struct member *m = &c->members.m[member];
	struct held *h = member_find(m, r->chunk);
	const struct chunk_trouble *t = trouble(c, r->chunk);
	bool last = t ? (int)t->fails + 1 >= c->spec->max_tries
		      : c->spec->max_tries <= 1;
	struct output o = { .out = r->out, .err = r->err };
	char words[EVENT_TEXT];
	struct event e = {
		.type = r->kind ? EVENT_CHUNK_FAIL : EVENT_CHUNK_DONE,
		.chunk = r->chunk, .try = r->try, .kind = r->kind,
		.duration_us = r->duration_us, .value = r->value,
		.retryable = r->kind && !last,
	};

	if (!h)
		return;
	members_release(&c->members, m, h);
	smooth(c, r);
	snprintf(e.node, sizeof(e.node), "%s", m->node);
	if (r->kind)
		account_reason(r, e.text);
	r->out = r->err = (struct capture){ 0 };
	add(c, &e, &o);
	in_words(&e, words);
	if (r->kind && last)
		give_up(c, r->chunk, words);
}

static void lose(struct coordinator *c, const struct member *m,
		 const struct held *h, const char *why)
{
	int nodes = nodes_lost(trouble(c, h->chunk), m->node);
	bool last = nodes >= c->spec->max_tries;
	struct event e = {
		.type = EVENT_CHUNK_FAIL, .chunk = h->chunk, .try = h->try,
		.kind = FAIL_LOST, .retryable = !last,
	};

	snprintf(e.node, sizeof(e.node), "%s", m->node);
	snprintf(e.text, sizeof(e.text), "%s", why);
	add(c, &e, NULL);
	if (last)
		give_up_lost(c, h->chunk, nodes);
}

void account_lost(void *arg, unsigned member, const char *why)
{
	struct coordinator *c = arg;
	struct member *m = &c->members.m[member];

	coordinator_say(c, "%s is given up: %s; %u chunk%s go to others",
			m->node, why, m->n, m->n == 1 ? "" : "s");
	for (unsigned i = 0; i < m->n; i++) {
		if (m->held[i].begun)
			lose(c, m, &m->held[i], why);
		else
			queue_add_fresh(&c->queue, m->held[i].chunk);
	}
	members_leave(&c->members, m);
}

/* ---- what is recorded --------------------------------------------------- */

static void chunk_failed(struct coordinator *c, const struct event *e)
{
	uint8_t status = c->spec->set->status[e->chunk];
	char words[EVENT_TEXT];

	if (status != CHUNK_QUARANTINED && status != CHUNK_DONE)
		queue_again(c, e->chunk);
	in_words(e, words);
	if (e->kind != FAIL_LOST)
		coordinator_say(c, "chunk %llu failed on try %u: %s",
				(unsigned long long)e->chunk, e->try, words);
}

void account_recorded(void *arg, const struct event *e, struct output *o)
{
	struct coordinator *c = arg;

	if (show_add(&c->show, o, c->err) < 0)
		c->broken = true;
	if (e->type == EVENT_CHUNK_FAIL)
		chunk_failed(c, e);
	else if (e->type == EVENT_CHUNK_GIVE_UP)
		coordinator_say(c, "chunk %llu is quarantined: %s",
				(unsigned long long)e->chunk, e->text);
}
