/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - YAML event by event, and complaints that have a place */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/reader.h"

/* ---- complaints ---- */

int reader_complain(struct reader *r, yaml_mark_t at, const char *fmt, ...)
{
	char what[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return input_complain(&r->in, at.line + 1, at.column + 1, what, r->err);
}

/* The current event, in a few words. */
static void describe(const struct reader *r, char out[64])
{
	const char *text = reader_text(r);

	if (text)
		snprintf(out, 64, *text ? "'%.40s'" : "an empty value", text);
	else if (r->event.type == YAML_SEQUENCE_START_EVENT)
		snprintf(out, 64, "a list");
	else
		snprintf(out, 64, "a mapping");
}

/* What was meant, if it can be guessed: a choice, or a cause without the
 * brackets around it. */
static bool guess(const struct reader *r, const struct field *f,
		  struct buf *out)
{
	bool cause = f->type == FIELD_CAUSES;
	const char *text = reader_text(r), *near = NULL;

	if (text && (cause || f->type == FIELD_CHOICE))
		near = text_nearest(text, cause ? cause_words : f->choices);
	if (near)
		buf_printf(out, cause ? "did you mean '[%s]'?"
				      : "did you mean '%s'?", near);
	return near;
}

/* A range of one number is the version. */
static int unknown_version(struct reader *r, const struct field *f,
			   const char *what)
{
	return reader_complain(r, r->event.start_mark, "%s is no known %s; "
			       "this belay knows %s %g only", what, f->key,
			       f->key, f->min);
}

int reader_misfit(struct reader *r, const struct field *f,
		  enum value_wrong wrong)
{
	_auto_buf_ struct buf want = { 0 };
	char what[64];

	describe(r, what);
	if (wrong == VALUE_RANGE && f->type == FIELD_COUNT && f->min == f->max)
		return unknown_version(r, f, what);
	if (!guess(r, f, &want)) {
		buf_puts(&want, "expected ");
		schema_want(f, &want);
	}
	return reader_complain(r, r->event.start_mark, "%s %s '%s'; %s", what,
			       wrong == VALUE_RANGE ? "is out of range for"
						    : "does not fit",
			       f->key, buf_text(&want));
}

/* What libyaml does not like.  Its reader knows bytes only. */
static int syntax_error(struct reader *r)
{
	const yaml_parser_t *y = &r->yaml;
	size_t line, column;
	char what[256];

	if (y->error == YAML_MEMORY_ERROR)
		return err_nomem(r->err);
	if (y->error == YAML_READER_ERROR) {
		input_place(&r->in, y->problem_offset, &line, &column);
		snprintf(what, sizeof(what),
			 "not text: %s; save the file as UTF-8", y->problem);
		return input_complain(&r->in, line, column, what, r->err);
	}
	return reader_complain(r, y->problem_mark,
			       "not YAML: %s%s%s; check indentation, colons "
			       "and quotes", y->problem, y->context ? " " : "",
			       y->context ? y->context : "");
}

/* ---- events ---- */

int reader_open(struct reader *r, const struct input *in,
		struct belay_error *err)
{
	memset(&r->event, 0, sizeof(r->event));
	r->in = *in;
	r->err = err;
	if (!yaml_parser_initialize(&r->yaml))
		return err_nomem(err);
	yaml_parser_set_encoding(&r->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->yaml,
				     (const unsigned char *)in->text, in->len);
	return 0;
}

void reader_close(struct reader *r)
{
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->yaml);
}

const char *reader_text(const struct reader *r)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return NULL;
	return (const char *)r->event.data.scalar.value;
}

/* The anchor and tag that an event carries; every union member has its own. */
static void ornaments(const yaml_event_t *e, const yaml_char_t **anchor,
		      const yaml_char_t **tag)
{
	*anchor = *tag = NULL;
	if (e->type == YAML_SCALAR_EVENT) {
		*anchor = e->data.scalar.anchor;
		*tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		*anchor = e->data.sequence_start.anchor;
		*tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		*anchor = e->data.mapping_start.anchor;
		*tag = e->data.mapping_start.tag;
	}
}

static int refuse_ornaments(struct reader *r)
{
	const yaml_char_t *anchor, *tag;
	const yaml_event_t *e = &r->event;

	ornaments(e, &anchor, &tag);
	if (e->type == YAML_ALIAS_EVENT)
		return reader_complain(r, e->start_mark, "an alias '*%.40s'; "
				       "write the value out",
				       e->data.alias.anchor);
	if (anchor)
		return reader_complain(r, e->start_mark, "an anchor '&%.40s'; "
				       "remove it", anchor);
	if (tag)
		return reader_complain(r, e->start_mark, "a tag '%.40s'; "
				       "remove it", tag);
	if (e->type == YAML_SCALAR_EVENT &&
	    strlen(reader_text(r)) != e->data.scalar.length)
		return reader_complain(r, e->start_mark, "a NUL character; "
				       "remove it");
	return 0;
}

int reader_next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->yaml, &r->event))
		return syntax_error(r);
	return refuse_ornaments(r);
}
