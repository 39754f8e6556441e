/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.c - one value of a policy file, by our own types
 *
 * YAML 1.1 would have its own idea of what `no`, `010`, `1:30` or `off` mean.
 * Here a value is its text, and what has two readings has none: numbers do not
 * begin with a zero, true and false are the only truths.
 */

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "policy/schema.h"

static bool leads_with_zero(const char *text)
{
	return text[0] == '0' && isdigit((unsigned char)text[1]);
}

static enum value_wrong in_range(const struct field *f, double value)
{
	return value >= f->min && value <= f->max ? VALUE_GOOD : VALUE_RANGE;
}

static enum value_wrong read_count(const struct field *f, const char *text,
				   void *at)
{
	uint64_t n;

	if (leads_with_zero(text) || text_u64(text, UINT32_MAX, &n) < 0)
		return VALUE_WRONG;
	if (in_range(f, (double)n) != VALUE_GOOD)
		return VALUE_RANGE;
	*(int *)at = (int)n;
	return VALUE_GOOD;
}

/* To the millisecond, so that what is printed is read as the same again. */
static enum value_wrong read_seconds(const struct field *f, const char *text,
				     void *at)
{
	double s;

	if (leads_with_zero(text) || text_seconds(text, &s) < 0)
		return VALUE_WRONG;
	if (in_range(f, s) != VALUE_GOOD)
		return VALUE_RANGE;
	*(double *)at = (double)(int64_t)(s * 1000 + 0.5) / 1000;
	return VALUE_GOOD;
}

/* A decimal number, which text_seconds() knows how to read. */
static enum value_wrong read_factor(const struct field *f, const char *text,
				    void *at)
{
	char with_unit[32];

	if (!isdigit((unsigned char)text[strlen(text) - (*text != '\0')]) ||
	    text_format(with_unit, sizeof(with_unit), "%ss", text) < 0)
		return VALUE_WRONG;
	return read_seconds(f, with_unit, at);
}

static enum value_wrong read_choice(const struct field *f, const char *text,
				    void *at)
{
	for (int i = 0; f->choices[i]; i++) {
		if (!strcmp(f->choices[i], text)) {
			*(int *)at = (int)f->min + i;
			return VALUE_GOOD;
		}
	}
	return VALUE_WRONG;
}

static enum value_wrong read_bool(const struct field *f, const char *text,
				  void *at)
{
	(void)f;
	if (strcmp(text, "true") && strcmp(text, "false"))
		return VALUE_WRONG;
	*(bool *)at = text[0] == 't';
	return VALUE_GOOD;
}

/* The two-byte forms of C1 controls, and the three-byte ones of line ends and
 * of the byte order mark: YAML would not give them back as they were. */
static bool is_unprintable(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f ||
	       (c[0] == 0xc2 && c[1] < 0xa0) ||
	       (c[0] == 0xe2 && c[1] == 0x80 && (c[2] | 1) == 0xa9) ||
	       (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf);
}

static enum value_wrong read_name(const struct field *f, const char *text,
				  void *at)
{
	size_t len = strlen(text);

	if (!len || len >= (size_t)f->max)
		return VALUE_WRONG;
	for (size_t i = 0; i < len; i++)
		if (is_unprintable((const unsigned char *)text + i))
			return VALUE_WRONG;
	memcpy(at, text, len + 1);
	return VALUE_GOOD;
}

static enum value_wrong read_rate(const struct field *f, const char *text,
				  void *at)
{
	static const struct field n = { .min = 1, .max = 1000 },
				  within = { .min = 1, .max = 7 * 86400.0 };
	const char *slash = strchr(text, '/');
	struct policy_rate rate = { 0 };
	enum value_wrong wrong;
	char count[16];

	(void)f;
	if (!slash || text_format(count, sizeof(count), "%.*s",
				  (int)(slash - text), text) < 0)
		return VALUE_WRONG;
	wrong = read_count(&n, count, &rate.n);
	if (wrong == VALUE_GOOD)
		wrong = read_seconds(&within, slash + 1, &rate.within_s);
	if (wrong == VALUE_GOOD)
		*(struct policy_rate *)at = rate;
	return wrong;
}

/* The number before " chunks"; VALUE_WRONG: it is no such text. */
static enum value_wrong read_chunks(const char *text, int *chunks)
{
	static const struct field n = { .min = 1, .max = 1000000000 };
	const char *space = strchr(text, ' ');
	char count[16];

	if (!space || (strcmp(space, " chunks") && strcmp(space, " chunk")) ||
	    text_format(count, sizeof(count), "%.*s", (int)(space - text),
			text) < 0)
		return VALUE_WRONG;
	return read_count(&n, count, chunks);
}

static enum value_wrong read_interval(const struct field *f, const char *text,
				      void *at)
{
	struct policy_interval i = { .automatic = !strcmp(text, "auto") };
	enum value_wrong wrong = VALUE_GOOD;

	if (!i.automatic)
		wrong = read_chunks(text, &i.chunks);
	if (wrong == VALUE_WRONG)
		wrong = read_seconds(f, text, &i.s);
	if (wrong == VALUE_GOOD)
		*(struct policy_interval *)at = i;
	return wrong;
}

/* zstd without a level is zstd's own default. */
static enum value_wrong read_compress(const struct field *f, const char *text,
				      void *at)
{
	static const struct { const char *word; int level; } words[] = {
		{ "auto", POLICY_COMPRESS_AUTO }, { "none", 0 }, { "zstd", 3 },
	};
	static const struct field level = { .min = 1,
					    .max = POLICY_COMPRESS_MAX };

	(void)f;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i].word)) {
			*(int *)at = words[i].level;
			return VALUE_GOOD;
		}
	}
	if (strncmp(text, "zstd:", 5))
		return VALUE_WRONG;
	return read_count(&level, text + 5, at);
}

enum value_wrong value_read(const struct field *f, const char *text, void *at)
{
	static enum value_wrong (*const readers[])(const struct field *,
						   const char *, void *) = {
		[FIELD_COUNT]   = read_count,
		[FIELD_SECONDS] = read_seconds,
		[FIELD_FACTOR]  = read_factor,
		[FIELD_CHOICE]  = read_choice,
		[FIELD_BOOL]    = read_bool,
		[FIELD_NAME]    = read_name,
		[FIELD_RATE]    = read_rate,
		[FIELD_INTERVAL] = read_interval,
		[FIELD_COMPRESS] = read_compress,
	};

	return readers[f->type](f, text, at);
}

enum value_wrong value_codes(const char *text, uint8_t *from, uint8_t *to)
{
	static const struct field status = { .min = 1, .max = 255 };
	const char *dash = strchr(text, '-');
	enum value_wrong wrong;
	char first[16];
	int a, b;

	if (text_format(first, sizeof(first), "%.*s",
			(int)(dash ? dash - text : (long)strlen(text)),
			text) < 0)
		return VALUE_WRONG;
	wrong = read_count(&status, first, &a);
	if (wrong == VALUE_GOOD)
		wrong = read_count(&status, dash ? dash + 1 : first, &b);
	if (wrong != VALUE_GOOD)
		return wrong;
	if (a > b)
		return VALUE_RANGE;
	*from = (uint8_t)a;
	*to = (uint8_t)b;
	return VALUE_GOOD;
}

void value_put_seconds(double seconds, struct buf *out)
{
	static const struct { double s; char unit; } units[] = {
		{ 86400, 'd' }, { 3600, 'h' }, { 60, 'm' },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double n = seconds / units[i].s;

		if (n >= 1 && n == (double)(long)n) {
			buf_printf(out, "%ld%c", (long)n, units[i].unit);
			return;
		}
	}
	buf_printf(out, "%.15gs", seconds);
}

void value_put_interval(const struct policy_interval *i, struct buf *out)
{
	if (i->automatic)
		buf_puts(out, "auto");
	else if (i->chunks)
		buf_printf(out, "%d chunks", i->chunks);
	else
		value_put_seconds(i->s, out);
}

void value_put_compress(int compress, struct buf *out)
{
	if (compress > 0)
		buf_printf(out, "zstd:%d", compress);
	else
		buf_puts(out, compress ? "auto" : "none");
}
