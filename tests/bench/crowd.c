/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.c - many workers in one process, whose chunks take no time: what is
 *           left is what the coordinator costs
 *
 *	crowd FILE	as 'belay map-worker' would be given it; $CROWD workers
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cmd/map/outbox.h"
#include "cmd/map/rendezvous.h"

#define CROWD_MAX 1000

struct one {
	struct link *link;	/* NULL: has left */
	struct outbox outbox;
};

static struct belay_error err;
static struct one crowd[CROWD_MAX];
static unsigned present;

static void die(void)
{
	fprintf(stderr, "crowd: %s\n", err.text);
	exit(1);
}

static void say(struct one *w, const struct wire *m)
{
	if (outbox_add(&w->outbox, m, NULL, &err) < 0)
		die();
}

static void greet(struct one *w, unsigned i, const char *endpoint,
		  const struct link_keys *keys)
{
	struct wire hello = {
		.type = WIRE_HELLO, .protocol = WIRE_PROTOCOL, .number = 4,
	};

	w->link = link_connect(endpoint, keys, &err);
	if (!w->link)
		die();
	snprintf(hello.node, sizeof(hello.node), "crowd%u", i);
	say(w, &hello);
	present++;
}

static void leave(struct one *w)
{
	say(w, &(struct wire){ .type = WIRE_BYE });
	outbox_send(&w->outbox, w->link, &err);
	link_close(w->link);
	w->link = NULL;
	present--;
}

static void hear(struct one *w, const struct wire *m)
{
	if (m->type == WIRE_STOP) {
		leave(w);
	} else if (m->type == WIRE_RUN) {
		say(w, &(struct wire){ .type = WIRE_BEGUN, .chunk = m->chunk,
				       .try = m->try });
		say(w, &(struct wire){ .type = WIRE_RESULT, .chunk = m->chunk,
				       .try = m->try, .duration_us = 1 });
	}
}

static void turn(struct one *w, struct buf *msg)
{
	struct peer from;
	struct wire m;

	while (w->link && link_receive(w->link, &from, msg, &err) > 0) {
		if (wire_decode(buf_text(msg), msg->len, &m, &err) < 0)
			die();
		hear(w, &m);
	}
	if (w->link && outbox_send(&w->outbox, w->link, &err) < 0)
		die();
}

static void wait_for_something(unsigned n)
{
	static struct pollfd p[CROWD_MAX];
	int wait_ms = 100;

	for (unsigned i = 0; i < n; i++) {
		p[i].fd = crowd[i].link ? link_fd(crowd[i].link) : -1;
		p[i].events = POLLIN;
		if (crowd[i].link && link_is_ready(crowd[i].link))
			wait_ms = 0;
	}
	poll(p, n, wait_ms);
}

int main(int argc, char **argv)
{
	const char *text = getenv("CROWD");
	unsigned n = text ? (unsigned)atoi(text) : 100;
	char endpoint[LINK_ENDPOINT];
	struct link_keys keys;
	struct buf msg = { 0 };
	int64_t beat_ns = clock_mono_ns();

	if (argc != 2 || n > CROWD_MAX)
		return 2;
	if (rendezvous_read(argv[1], endpoint, &keys, &err) < 0)
		die();
	for (unsigned i = 0; i < n; i++)
		greet(&crowd[i], i, endpoint, &keys);
	while (present) {
		bool beat = clock_mono_ns() - beat_ns > 2000000000ll;

		for (unsigned i = 0; i < n; i++) {
			if (beat && crowd[i].link)
				say(&crowd[i], &(struct wire){
				    .type = WIRE_BEAT });
			turn(&crowd[i], &msg);
		}
		beat_ns = beat ? clock_mono_ns() : beat_ns;
		wait_for_something(n);
	}
	buf_free(&msg);
	return 0;
}
