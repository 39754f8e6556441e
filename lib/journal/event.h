/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - what records say: the table of events, bytes ⇄ struct
 *
 * Numbers are on disk for ever and never reused.  An unknown type is skipped
 * by readers, so that an older belay can read a newer journal's rest.
 */
#ifndef JOURNAL_EVENT_H
#define JOURNAL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/journal.h"

enum event_type {
	EVENT_SET         = 16,	/* a set of chunks is defined */
	EVENT_CHUNK_BEGIN = 17,	/* intent: about to run */
	EVENT_CHUNK_DONE  = 18,
	EVENT_CHUNK_FAIL  = 19,
	EVENT_CHUNK_GIVE_UP = 20,	/* quarantined */
	EVENT_NOTE        = 32,	/* a line for people */
	EVENT_ACTED       = 33,	/* an action was carried out, or failed */
	EVENT_CHECKPOINT  = 34,	/* published, damaged, deleted */
	EVENT_BEAT        = 35,	/* "I am alive" of a program */
	EVENT_PROGRESS    = 36,	/* how far a program says it is */
	EVENT_NODE        = 37,	/* what a program says of a node */
	EVENT_RESTORED    = 38,	/* every byte of a checkpoint was read back */
};

enum fail_kind {
	FAIL_EXIT = 1,		/* value: exit status */
	FAIL_SIGNAL = 2,	/* value: signal */
	FAIL_TIMEOUT = 3,	/* value: seconds */
	FAIL_LOST = 4,		/* its worker or node was lost */
	FAIL_REPORTED = 5,	/* belay chunk fail */
	FAIL_START = 6,		/* could not be executed; value: errno */
};

enum checkpoint_what { CHECKPOINT_PUBLISHED = 1, CHECKPOINT_DAMAGED = 2,
		       CHECKPOINT_DELETED = 3 };

enum node_report { NODE_FAILED = 1, NODE_RECOVERED = 2 };

enum result_kind { RESULT_NONE, RESULT_INLINE, RESULT_FILE };
#define RESULT_INLINE_MAX 4096u	/* more goes to a file of its writer */

struct event_result {
	uint8_t kind;		/* enum result_kind, or a newer belay's */
	uint32_t segment;	/* results/<writer>.<segment>.dat, and where */
	uint64_t offset, length;
	uint8_t digest[16];
	const void *bytes;	/* inline: borrowed, of the record when read */
};

#define EVENT_TEXT 512

struct event {
	enum event_type type;
	/* from the record */
	unsigned attempt;
	const char *writer;
	uint64_t seq;
	int64_t time_us;
	bool late;
	/* EVENT_SET: set is a number that this journal's later records use */
	uint32_t set;
	char name[129];
	uint64_t count;
	uint8_t items[16], command[16];	/* digests; zero when there are none */
	/* chunk events */
	uint64_t chunk;
	uint32_t try;		/* 1, 2, ... within the run */
	uint64_t duration_us;
	char node[256];
	uint8_t kind;		/* fail_kind, checkpoint_what, node_report;
				 * acted: 1 done, 0 failed */
	int32_t value;
	bool retryable;
	/* EVENT_CHUNK_DONE */
	struct event_result result;
	/* EVENT_CHECKPOINT, EVENT_RESTORED */
	uint64_t id, bytes;
	/* EVENT_PROGRESS */
	uint64_t iteration;
	double current_time, error_estimate;
	/* reason, note, or for EVENT_ACTED "requeue: ..." */
	char text[EVENT_TEXT];
};

/* Append to the pending batch: as journal_add(). */
uint64_t event_add(struct journal_writer *w, const struct event *e,
		   struct belay_error *err);
/* 1: decoded; 0: a type that this version does not know; -1 BELAY_ECORRUPT. */
int event_decode(const struct record *rec, struct event *e,
		 struct belay_error *err);
/* The payload alone, for tests. */
int event_encode(const struct event *e, struct buf *out);

/* "chunk_done", for JSON and people; "event 77" for unknown ones. */
const char *event_word(unsigned type);
/* One line of text without time and place. */
void event_line(const struct event *e, char out[EVENT_TEXT]);
/* Of a failure why: "exit 3: what it said". */
void event_reason(const struct event *e, char out[EVENT_TEXT]);

#endif /* JOURNAL_EVENT_H */
