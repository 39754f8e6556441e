/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.c - append JSON to a buf, keeping the commas */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

static void put_quoted(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t run, tail;

	buf_puts(b, "\"");
	while (*p) {
		if (*p < 0x20 || *p == 0x7f) {
			buf_printf(b, "\\u%04x", *p++);
		} else if (*p == '"' || *p == '\\') {
			buf_printf(b, "\\%c", *p++);
		} else if (*p < 0x80) {
			for (run = 1; p[run] >= 0x20 && p[run] < 0x7f &&
				      p[run] != '"' && p[run] != '\\'; run++)
				;
			buf_add(b, p, run);
			p += run;
		} else {	/* whole sequences only, or the sign for "?" */
			tail = (*p & 0xe0) == 0xc0 ? 1 : (*p & 0xf0) == 0xe0 ? 2 :
			       (*p & 0xf8) == 0xf0 ? 3 : 0;
			for (run = 1; run <= tail && (p[run] & 0xc0) == 0x80; run++)
				;
			if (tail && run == tail + 1)
				buf_add(b, p, run);
			else
				buf_puts(b, "\xef\xbf\xbd");
			p += tail && run == tail + 1 ? run : 1;
		}
	}
	buf_puts(b, "\"");
}

static void line(struct json_out *o)
{
	if (!o->pretty)
		return;
	buf_puts(o->buf, "\n");
	for (unsigned i = 0; i < o->depth; i++)
		buf_puts(o->buf, "  ");
}

/* What stands before any value: comma, line, key. */
static void lead(struct json_out *o, const char *key)
{
	if (o->comma)
		buf_puts(o->buf, ",");
	if (o->depth)
		line(o);
	o->comma = true;
	if (key) {
		put_quoted(o->buf, key);
		buf_puts(o->buf, o->pretty ? ": " : ":");
	}
}

void json_open(struct json_out *o, const char *key, char bracket)
{
	lead(o, key);
	buf_add(o->buf, &bracket, 1);
	o->depth++;
	o->comma = false;
}

void json_close(struct json_out *o, char bracket)
{
	o->depth--;
	if (o->comma)
		line(o);
	buf_add(o->buf, &bracket, 1);
	o->comma = true;
}

void json_put_str(struct json_out *o, const char *key, const char *text)
{
	lead(o, key);
	if (text)
		put_quoted(o->buf, text);
	else
		buf_puts(o->buf, "null");
}

void json_put_u64(struct json_out *o, const char *key, uint64_t v)
{
	lead(o, key);
	buf_printf(o->buf, "%llu", (unsigned long long)v);
}

void json_put_i64(struct json_out *o, const char *key, int64_t v)
{
	lead(o, key);
	buf_printf(o->buf, "%lld", (long long)v);
}

static bool is_given_back(double v, int digits)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", digits, v);
	return strtod(text, NULL) == v;
}

void json_put_f64(struct json_out *o, const char *key, double v)
{
	lead(o, key);
	if (isfinite(v))
		buf_printf(o->buf, "%.6g", v);
	else
		buf_puts(o->buf, "null");
}

void json_put_exact(struct json_out *o, const char *key, double v)
{
	lead(o, key);
	if (isfinite(v))
		buf_printf(o->buf, "%.*g", is_given_back(v, 15) ? 15 : 17, v);
	else
		buf_puts(o->buf, "null");
}

void json_put_bool(struct json_out *o, const char *key, bool v)
{
	lead(o, key);
	buf_puts(o->buf, v ? "true" : "false");
}

void json_put_null(struct json_out *o, const char *key)
{
	json_put_str(o, key, NULL);
}

void json_put_time(struct json_out *o, const char *key, int64_t wall_us)
{
	char iso[CLOCK_ISO];

	json_put_str(o, key, *clock_iso(wall_us, iso) ? iso : NULL);
}
