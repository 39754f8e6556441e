/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - messages between one coordinator and many workers, kept from
 * strangers by CURVE (https://rfc.zeromq.org/spec/26/)
 *
 * The coordinator lets exactly one client key in.  A connection that breaks is
 * made again by ZeroMQ, but as a new peer: what was on its way is lost, and
 * whoever greets again must start anew.
 */
#ifndef CMD_MAP_LINK_H
#define CMD_MAP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define LINK_KEY 41		/* Z85, with a NUL */
#define LINK_ENDPOINT 128

struct link_keys {
	char server[LINK_KEY], server_secret[LINK_KEY];
	char client[LINK_KEY], client_secret[LINK_KEY];
};

struct peer {			/* of the coordinator; all zero for a worker */
	uint8_t id[16];
	uint8_t len;
};

struct link;

int link_make_keys(struct link_keys *keys, struct belay_error *err);

/* What workers send in one message is far below LINK_TAKES bytes; a connection
 * that announces more is ended, before anybody asks for its key. */
#define LINK_TAKES (1u << 20)

/*
 * address: a local one, or "*".  ports: the first and the last to try, or
 * zeros for any.  endpoint is what workers connect to.
 */
struct link *link_listen(const char *address, const uint16_t ports[2],
			 const struct link_keys *keys,
			 char endpoint[LINK_ENDPOINT], struct belay_error *err);
struct link *link_connect(const char *endpoint, const struct link_keys *keys,
			  struct belay_error *err);
/* The coordinator's: from now on nobody new comes in, nor knocks, where the
 * kernel lets us say so.  Whoever is in stays. */
void link_shut(struct link *l);
/* Gives what was sent a moment to leave. */
void link_close(struct link *l);

/* Poll it for reading, and never without having asked link_is_ready() after
 * the last call to any other function. */
int link_fd(const struct link *l);
bool link_is_ready(struct link *l);

/* 1: sent; 0: no room now, or (coordinator) that peer is gone; -1. */
int link_send(struct link *l, const struct peer *to, const struct buf *msg,
	      struct belay_error *err);
/* 1: received into msg; 0: nothing there; -1. */
int link_receive(struct link *l, struct peer *from, struct buf *msg,
		 struct belay_error *err);

#endif /* CMD_MAP_LINK_H */
