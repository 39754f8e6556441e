/* SPDX-License-Identifier: Apache-2.0 */
/* line.c - an event in words, by its template in the table of fields */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "journal/fields.h"

const char *event_word(unsigned type)
{
	static _Thread_local char unknown[24];
	const struct event_row *row = event_row_of(type);

	if (row)
		return row->word;
	snprintf(unknown, sizeof(unknown), "event %u", type);
	return unknown;
}

static const char *word_of(const char *const *words, size_t n, unsigned i)
{
	return i < n && words[i] ? words[i] : "?";
}
#define WORD(words, i) word_of(words, sizeof(words) / sizeof(words[0]), i)

static const char *failure(uint8_t kind)
{
	static const char *const words[] = {
		[FAIL_EXIT] = "exit status", [FAIL_SIGNAL] = "signal",
		[FAIL_TIMEOUT] = "out of time", [FAIL_LOST] = "lost",
		[FAIL_REPORTED] = "reported", [FAIL_START] = "not started",
	};

	return WORD(words, kind);
}

static const char *fate(uint8_t what)
{
	static const char *const words[] = {
		[CHECKPOINT_PUBLISHED] = "published",
		[CHECKPOINT_DAMAGED] = "damaged",
		[CHECKPOINT_DELETED] = "deleted",
	};

	return WORD(words, what);
}

static const char *report(uint8_t what)
{
	static const char *const words[] = {
		[NODE_FAILED] = "failed", [NODE_RECOVERED] = "recovered",
	};

	return WORD(words, what);
}

static int64_t number_of(const struct event_field *f, const void *member)
{
	if (f->kind == FIELD_RESULT)
		return (int64_t)((const struct event_result *)member)->length;
	switch (f->size) {
	case 1:
		return *(const uint8_t *)member;
	case 4:
		if (f->kind == FIELD_I32)
			return *(const int32_t *)member;
		return *(const uint32_t *)member;
	case 8:
		return (int64_t)*(const uint64_t *)member;
	default:
		return 0;
	}
}

static bool says_nothing(const struct event_field *f, const void *member)
{
	if (f->kind == FIELD_TEXT)
		return *(const char *)member == '\0';
	if (f->kind == FIELD_F64)
		return *(const double *)member == 0;
	return f->kind == FIELD_OUTCOME ? number_of(f, member) != 0
					: number_of(f, member) == 0;
}

/* A place to write to that is never overrun, and stays one printable line,
 * whatever a program gave as its reason. */
struct line {
	char *out;
	size_t len;
};

static void add(struct line *l, const char *text, size_t len)
{
	if (len > EVENT_TEXT - 1 - l->len)
		len = EVENT_TEXT - 1 - l->len;
	for (size_t i = 0; i < len; i++)
		l->out[l->len++] = (unsigned char)text[i] < 0x20 ||
				   text[i] == 0x7f ? '?' : text[i];
	l->out[l->len] = '\0';
}

static void show(struct line *l, const struct event_field *f,
		 const void *member)
{
	int64_t n = number_of(f, member);
	char memory[32];
	const char *text = memory;

	switch (f->kind) {
	case FIELD_TEXT:
		text = member;
		break;
	case FIELD_SPAN:
		clock_span((double)n / 1e6, memory);
		break;
	case FIELD_SIZE:
	case FIELD_RESULT:
		text_size((uint64_t)n, memory);
		break;
	case FIELD_F64:
		snprintf(memory, sizeof(memory), "%g", *(const double *)member);
		break;
	case FIELD_REPORT:
		text = report((uint8_t)n);
		break;
	case FIELD_FAILURE:
		text = failure((uint8_t)n);
		break;
	case FIELD_FATE:
		text = fate((uint8_t)n);
		break;
	case FIELD_OUTCOME:
		text = n ? "done" : "failed";
		break;
	default:
		snprintf(memory, sizeof(memory), "%" PRId64, n);
	}
	add(l, text, strlen(text));
}

static const struct event_field *find(const struct event_row *row,
				      const char *name, size_t len)
{
	const struct event_field *f = row->field;

	while (f->kind &&
	       (strlen(f->name) != len || memcmp(f->name, name, len)))
		f++;
	return f;
}

/* Add the template from `from` to `to`; false when a field says nothing. */
static bool expand(struct line *l, const struct event_row *row,
		   const struct event *e, const char *from, const char *to)
{
	bool all = true;

	while (from < to) {
		size_t plain = strcspn(from, "{"), name;
		const struct event_field *f;
		const void *member;

		if (plain > (size_t)(to - from))
			plain = (size_t)(to - from);
		add(l, from, plain);
		from += plain;
		if (from == to)
			break;
		name = strcspn(from, "}");
		f = find(row, from + 1, name - 1);
		member = (const char *)e + f->offset;
		all = all && !says_nothing(f, member);
		show(l, f, member);
		from += name + 1;
	}
	return all;
}

static void expand_all(struct line *l, const struct event_row *row,
		       const struct event *e, const char *at)
{
	const char *end;
	size_t before;

	for (;; at = end + 1) {
		end = at + strcspn(at, "[");
		expand(l, row, e, at, end);
		if (!*end)
			return;
		at = end + 1;
		end = at + strcspn(at, "]");
		before = l->len;
		if (!expand(l, row, e, at, end))
			l->out[l->len = before] = '\0';
	}
}

void event_line(const struct event *e, char out[EVENT_TEXT])
{
	const struct event_row *row = event_row_of(e->type);
	struct line l = { .out = out };

	out[0] = '\0';
	if (row)
		expand_all(&l, row, e, row->line);
	else
		add(&l, event_word(e->type), strlen(event_word(e->type)));
}

void event_reason(const struct event *e, char out[EVENT_TEXT])
{
	struct line l = { .out = out };

	out[0] = '\0';
	expand_all(&l, event_row_of(EVENT_CHUNK_FAIL), e,
		   "{kind}[ {value}][: {text}]");
}
