/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - what a record says: bytes ⇄ struct event, by the table */

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "journal/fields.h"

static void put_result(struct buf *out, const struct event_result *r)
{
	if (r->kind == RESULT_NONE)
		return;
	put_u8(out, r->kind);
	if (r->kind == RESULT_INLINE) {
		put_u32(out, (uint32_t)r->length);
		buf_add(out, r->bytes, r->length);
		return;
	}
	put_u32(out, r->segment);
	put_u64(out, r->offset);
	put_u64(out, r->length);
	buf_add(out, r->digest, sizeof(r->digest));
}

/* A kind that this belay does not know has bytes that it does not, either. */
static void get_result(struct cursor *in, struct event_result *r)
{
	const void *digest;

	if (in->at == in->end)
		return;
	r->kind = get_u8(in);
	if (r->kind == RESULT_INLINE) {
		r->length = get_u32(in);
		r->bytes = get_bytes(in, r->length);
	} else if (r->kind == RESULT_FILE) {
		r->segment = get_u32(in);
		r->offset = get_u64(in);
		r->length = get_u64(in);
		digest = get_bytes(in, sizeof(r->digest));
		if (digest)
			memcpy(r->digest, digest, sizeof(r->digest));
	}
}

static void put_f64(struct buf *out, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_u64(out, bits);
}

static double get_f64(struct cursor *in)
{
	uint64_t bits = get_u64(in);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void put_field(struct buf *out, enum field_kind kind, const void *member)
{
	switch (kind) {
	case FIELD_NONE:
		break;
	case FIELD_FLAG:
		put_u8(out, *(const bool *)member);
		break;
	case FIELD_FAILURE:
	case FIELD_FATE:
	case FIELD_OUTCOME:
	case FIELD_REPORT:
		put_u8(out, *(const uint8_t *)member);
		break;
	case FIELD_U32:
	case FIELD_I32:
		put_u32(out, *(const uint32_t *)member);
		break;
	case FIELD_U64:
	case FIELD_SPAN:
	case FIELD_SIZE:
		put_u64(out, *(const uint64_t *)member);
		break;
	case FIELD_F64:
		put_f64(out, *(const double *)member);
		break;
	case FIELD_RESULT:
		put_result(out, member);
		break;
	case FIELD_DIGEST:
		buf_add(out, member, 16);
		break;
	case FIELD_TEXT:
		put_str(out, member);
		break;
	}
}

static void get_field(struct cursor *in, const struct event_field *f,
		      void *member)
{
	const void *bytes;

	switch (f->kind) {
	case FIELD_NONE:
		break;
	case FIELD_FLAG:
		*(bool *)member = get_u8(in) != 0;
		break;
	case FIELD_FAILURE:
	case FIELD_FATE:
	case FIELD_OUTCOME:
	case FIELD_REPORT:
		*(uint8_t *)member = get_u8(in);
		break;
	case FIELD_U32:
	case FIELD_I32:
		*(uint32_t *)member = get_u32(in);
		break;
	case FIELD_U64:
	case FIELD_SPAN:
	case FIELD_SIZE:
		*(uint64_t *)member = get_u64(in);
		break;
	case FIELD_F64:
		*(double *)member = get_f64(in);
		break;
	case FIELD_RESULT:
		get_result(in, member);
		break;
	case FIELD_DIGEST:
		bytes = get_bytes(in, 16);
		if (bytes)
			memcpy(member, bytes, 16);
		break;
	case FIELD_TEXT:
		get_str(in, member, f->size);
		break;
	}
}

int event_encode(const struct event *e, struct buf *out)
{
	const struct event_row *row = event_row_of(e->type);

	if (!row)
		return -1;
	for (const struct event_field *f = row->field; f->kind; f++)
		put_field(out, f->kind, (const char *)e + f->offset);
	return out->failed ? -1 : 0;
}

uint64_t event_add(struct journal_writer *w, const struct event *e,
		   struct belay_error *err)
{
	_auto_buf_ struct buf payload = { 0 };

	if (!event_row_of(e->type)) {
		err_set(err, BELAY_EINVAL, "no such event: %d", (int)e->type);
		return 0;
	}
	if (event_encode(e, &payload) < 0) {
		err_nomem(err);
		return 0;
	}
	return journal_add(w, (uint16_t)e->type, payload.data, payload.len,
			   err);
}

/* Not the whole struct, of which most is room for text: this is called for
 * every record of a run. */
static void clear(struct event *e, const struct record *rec)
{
	memset(e, 0, offsetof(struct event, name));
	memset(&e->count, 0, offsetof(struct event, node) -
			     offsetof(struct event, count));
	memset(&e->kind, 0, offsetof(struct event, text) -
			    offsetof(struct event, kind));
	e->name[0] = e->node[0] = e->text[0] = '\0';
	e->attempt = rec->attempt;
	e->writer = rec->writer;
	e->seq = rec->seq;
	e->time_us = rec->time_us;
	e->late = rec->late;
}

int event_decode(const struct record *rec, struct event *e,
		 struct belay_error *err)
{
	const struct event_row *row = event_row_of(rec->type);
	struct cursor in = cursor_over(rec->payload, rec->len);

	if (!row)
		return 0;
	clear(e, rec);
	e->type = (enum event_type)rec->type;
	for (const struct event_field *f = row->field; f->kind; f++)
		get_field(&in, f, (char *)e + f->offset);
	if (in.bad)
		return err_set(err, BELAY_ECORRUPT, "record %llu of '%s' is no "
			       "'%s'", (unsigned long long)rec->seq,
			       rec->writer, row->word);
	return 1;
}
