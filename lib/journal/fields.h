/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - what each event is made of, in the order of its bytes */
#ifndef JOURNAL_FIELDS_H
#define JOURNAL_FIELDS_H

#include <stddef.h>

#include "journal/event.h"

/* How a member of struct event is stored and shown. */
enum field_kind {
	FIELD_NONE,		/* the end of a list */
	FIELD_U32, FIELD_I32, FIELD_U64, FIELD_FLAG, FIELD_DIGEST, FIELD_TEXT,
	FIELD_SPAN,		/* u64, microseconds */
	FIELD_SIZE,		/* u64, bytes */
	FIELD_FAILURE,		/* u8, enum fail_kind */
	FIELD_FATE,		/* u8, enum checkpoint_what */
	FIELD_OUTCOME,		/* u8, 1 done, 0 failed */
	FIELD_REPORT,		/* u8, enum node_report */
	FIELD_F64,
	FIELD_RESULT,		/* struct event_result; at the end, or nothing */
};

struct event_field {
	const char *name;
	enum field_kind kind;
	size_t offset, size;
};

#define EVENT_FIELDS 9

struct event_row {
	const char *word;
	/* For people: {name} is that field; what stands in [ ] is left out when
	 * a field in it is empty or zero. */
	const char *line;
	struct event_field field[EVENT_FIELDS + 1];
};

const struct event_row *event_row_of(unsigned type);	/* or NULL */

#endif /* JOURNAL_FIELDS_H */
