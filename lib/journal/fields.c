/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c - the table of events: type, word, line, bytes */

#include "journal/fields.h"

#define SIZE_OF(member) sizeof(((struct event *)0)->member)
#define F(kind, member) \
	{ #member, FIELD_##kind, offsetof(struct event, member), \
	  SIZE_OF(member) }
/* which chunk: they all begin so */
#define CHUNK F(U32, set), F(U64, chunk)

static const struct event_row rows[] = {
	[EVENT_SET] = { "set",
	  "set '{name}' of {count} chunks",
	  { F(U32, set), F(U64, count), F(DIGEST, items), F(DIGEST, command),
	    F(TEXT, name) } },
	[EVENT_CHUNK_BEGIN] = { "chunk_begin",
	  "chunk {chunk} begun[ on {node}][, try {try}]",
	  { CHUNK, F(U32, try), F(TEXT, node) } },
	[EVENT_CHUNK_DONE] = { "chunk_done",
	  "chunk {chunk} done[ on {node}][ in {duration_us}][, {result} of result]",
	  { CHUNK, F(U32, try), F(SPAN, duration_us), F(TEXT, node),
	    F(RESULT, result) } },
	[EVENT_CHUNK_FAIL] = { "chunk_fail",
	  "chunk {chunk} failed[ on {node}][: {kind}][ {value}][: {text}]",
	  { CHUNK, F(U32, try), F(SPAN, duration_us), F(FAILURE, kind),
	    F(I32, value), F(FLAG, retryable), F(TEXT, node), F(TEXT, text) } },
	[EVENT_CHUNK_GIVE_UP] = { "chunk_give_up",
	  "chunk {chunk} given up[: {text}]",
	  { CHUNK, F(TEXT, text) } },
	[EVENT_NOTE] = { "note",
	  "{text}",
	  { F(TEXT, text) } },
	[EVENT_ACTED] = { "acted",
	  "[{kind}: ]{text}",
	  { F(OUTCOME, kind), F(TEXT, text) } },
	[EVENT_CHECKPOINT] = { "checkpoint",
	  "checkpoint {id} {kind}[, {bytes}][: {text}]",
	  { F(FATE, kind), F(U64, id), F(SIZE, bytes), F(TEXT, text) } },
	[EVENT_BEAT] = { "beat",
	  "beat",
	  { { 0 } } },
	[EVENT_PROGRESS] = { "progress",
	  "iteration {iteration}[, at {current_time}]"
	  "[, error {error_estimate}]",
	  { F(U64, iteration), F(F64, current_time), F(F64, error_estimate) } },
	[EVENT_NODE] = { "node",
	  "node {node} {kind}[: {text}]",
	  { F(REPORT, kind), F(TEXT, node), F(TEXT, text) } },
	[EVENT_RESTORED] = { "restored",
	  "checkpoint {id} restored",
	  { F(U64, id) } },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct event_row *event_row_of(unsigned type)
{
	return type < ROWS && rows[type].word ? &rows[type] : NULL;
}
