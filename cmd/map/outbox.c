/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.c - what a worker has to say, in order, until the link takes it */

#include <stdlib.h>

#include "cmd/map/outbox.h"

struct letter {
	struct wire wire;
	struct capture stream[2];
	uint64_t at;		/* of the stream that is being sent */
	unsigned sending;	/* 0, 1: a stream; 2: the letter itself */
	struct letter *next;
};

int outbox_add(struct outbox *o, const struct wire *w, struct result *r,
	       struct belay_error *err)
{
	struct letter *new = calloc(1, sizeof(*new));

	if (!new)
		return err_nomem(err);
	new->wire = *w;
	new->sending = r ? 0 : 2;
	if (r) {
		new->stream[0] = r->out;
		new->stream[1] = r->err;
		r->out = r->err = (struct capture){ 0 };
	}
	if (o->first)
		o->last->next = new;
	else
		o->first = new;
	o->last = new;
	return 0;
}

static void drop_first(struct outbox *o)
{
	struct letter *first = o->first;

	o->first = first->next;
	capture_free(&first->stream[0]);
	capture_free(&first->stream[1]);
	free(first);
}

/* As link_send(). */
static int send_wire(struct outbox *o, struct link *l, const struct wire *w,
		     struct belay_error *err)
{
	const struct peer coordinator = { .len = 0 };

	buf_clear(&o->bytes);
	wire_encode(w, &o->bytes);
	if (o->bytes.failed)
		return err_nomem(err);
	return link_send(l, &coordinator, &o->bytes, err);
}

/* The next piece of output; on to the next stream when there is none. */
static int send_piece(struct outbox *o, struct link *l, struct letter *letter,
		      struct belay_error *err)
{
	char piece[WIRE_PIECE];
	ssize_t n = capture_read(&letter->stream[letter->sending], letter->at,
				 piece, sizeof(piece));
	struct wire w = {
		.type = WIRE_OUTPUT, .chunk = letter->wire.chunk,
		.number = letter->sending, .blob = piece,
	};
	int rc;

	if (n <= 0) {
		letter->sending++;
		letter->at = 0;
		return 1;
	}
	w.blob_len = (uint32_t)n;
	rc = send_wire(o, l, &w, err);
	if (rc > 0)
		letter->at += (uint64_t)n;
	return rc;
}

int outbox_send(struct outbox *o, struct link *l, struct belay_error *err)
{
	int rc = 1;

	while (rc > 0 && o->first) {
		if (o->first->sending < 2) {
			rc = send_piece(o, l, o->first, err);
			continue;
		}
		rc = send_wire(o, l, &o->first->wire, err);
		if (rc > 0)
			drop_first(o);
	}
	return rc < 0 ? -1 : 0;
}

bool outbox_is_empty(const struct outbox *o)
{
	return !o->first;
}

void outbox_free(struct outbox *o)
{
	while (o->first)
		drop_first(o);
	buf_free(&o->bytes);
}
