/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox.h - what a worker has to say, in order, until the link takes it
 *
 * The output of a chunk goes in pieces before its result, read from where it
 * is kept only when there is room to send it.
 */
#ifndef CMD_MAP_OUTBOX_H
#define CMD_MAP_OUTBOX_H

#include "cmd/map/link.h"
#include "cmd/map/wire.h"

struct letter;

struct outbox {			/* start from { 0 } */
	struct letter *first, *last;
	struct buf bytes;
};

/* r's captures are taken; r may be NULL. */
int outbox_add(struct outbox *o, const struct wire *w, struct result *r,
	       struct belay_error *err);
/* Send what the link takes. */
int outbox_send(struct outbox *o, struct link *l, struct belay_error *err);
bool outbox_is_empty(const struct outbox *o);
void outbox_free(struct outbox *o);

#endif /* CMD_MAP_OUTBOX_H */
