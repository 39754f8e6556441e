/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - what coordinator and workers say to each other, as bytes
 *
 * A message is one byte of type and then the fields of that type, each as
 * base/bytes.h writes it, and nothing behind them.  Both ends are of the same
 * version: a worker says hello with WIRE_PROTOCOL and is turned away if that
 * is another.
 */
#ifndef CMD_MAP_WIRE_H
#define CMD_MAP_WIRE_H

#include "base/buf.h"
#include "cmd/map/crew.h"

#define WIRE_PROTOCOL 2u
#define WIRE_BLOB_MAX (8u << 20)
#define WIRE_PIECE 16384u	/* of output in one message */

enum wire_type {
	/* by the worker */
	WIRE_HELLO = 1,		/* protocol, node, number: slots */
	WIRE_BEGUN = 2,		/* chunk, try */
	WIRE_OUTPUT = 3,	/* chunk, number: 0 stdout, 1 stderr, blob */
	WIRE_RESULT = 4,	/* chunk, try, kind, value, duration, reason */
	WIRE_SIGNAL = 5,	/* number: Slurm sent it */
	WIRE_BYE = 6,		/* nothing runs here any more */
	WIRE_STUCK = 7,		/* chunk, reason: no room for its files */
	/* by the coordinator */
	WIRE_WORK = 16,		/* blob: work_encode() */
	WIRE_RUN = 17,		/* chunk, try, blob: the item, empty: none */
	WIRE_STOP = 18,		/* end what runs, and leave */
	/* by both, when there was nothing else to say */
	WIRE_BEAT = 32,
};

struct wire {
	enum wire_type type;
	uint32_t protocol, try, number;
	uint64_t chunk, duration_us;
	uint8_t kind;
	int32_t value;
	char node[256], reason[256];
	const void *blob;	/* decoded: within the message's bytes */
	uint32_t blob_len;
};

void wire_encode(const struct wire *w, struct buf *out);
/* BELAY_ECORRUPT: not such a message. */
int wire_decode(const void *data, size_t len, struct wire *w,
		struct belay_error *err);

/* struct work as a worker gets it: with the memory that it points to. */
struct work_box {
	struct work work;
	struct command command;
	char set[129], run[129], into[4096], output[4096];
};

void work_encode(const struct work *w, struct buf *out);
int work_decode(const void *data, size_t len, struct work_box *box,
		struct belay_error *err);
void work_box_fini(struct work_box *box);

#endif /* CMD_MAP_WIRE_H */
