/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.c - read JSON (RFC 8259), strictly and within limits */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

struct reader {
	const char *start, *at, *end;
	unsigned depth;
	struct belay_error *err;
};

static struct json *read_value(struct reader *r);

static struct json *complain(struct reader *r, const char *what)
{
	err_set(r->err, BELAY_ECORRUPT, "JSON, byte %zu: %s",
		(size_t)(r->at - r->start), what);
	return NULL;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && *r->at && strchr(" \t\r\n", *r->at))
		r->at++;
}

static bool next_is(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static struct json *node_new(struct reader *r, enum json_type type)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		err_nomem(r->err);
	else
		j->type = type;
	return j;
}

void json_free(struct json *j)
{
	struct json *next;

	for (; j; j = next) {
		next = j->next;
		json_free(j->child);
		free((void *)(uintptr_t)j->key);
		free((void *)(uintptr_t)j->text);
		free(j);
	}
}

/* The length of the UTF-8 sequence at p, 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 :
		   (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (!n || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void put_utf8(struct buf *b, uint32_t c)
{
	char out[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	buf_add(b, out, n);
}

/* The four hex digits of "\uXXXX"; UINT32_MAX when they are none. */
static uint32_t read_hex4(struct reader *r)
{
	uint8_t bytes[2];
	char hex[5] = "";

	if (r->end - r->at < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++)
		hex[i] = (char)(r->at[i] >= 'A' && r->at[i] <= 'F' ?
				r->at[i] + 32 : r->at[i]);
	if (text_unhex(hex, bytes, 2) < 0)
		return UINT32_MAX;
	r->at += 4;
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static bool read_unicode(struct reader *r, struct buf *b)
{
	uint32_t c = read_hex4(r), low;

	if (c >= 0xd800 && c < 0xdc00) {	/* the first of a pair */
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		r->at += 2;
		low = read_hex4(r);
		if (low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c == 0 || c > 0xffff || (c >= 0xdc00 && c <= 0xdfff)) {
		return false;
	}
	put_utf8(b, c);
	return true;
}

static bool read_escape(struct reader *r, struct buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (r->at == r->end)
		return false;
	if (*r->at == 'u') {
		r->at++;
		return read_unicode(r, b);
	}
	found = *r->at ? strchr(from, *r->at) : NULL;
	if (!found)
		return false;
	buf_add(b, &to[found - from], 1);
	r->at++;
	return true;
}

/* The string behind its opening quote, malloc'ed; NULL after a complaint. */
static char *read_string(struct reader *r)
{
	struct buf b = { 0 };
	size_t n;

	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < 0x20)
			goto bad;
		if (*r->at == '\\') {
			r->at++;
			if (!read_escape(r, &b))
				goto bad;
			continue;
		}
		n = utf8_length((const unsigned char *)r->at,
				(const unsigned char *)r->end);
		if (!n)
			goto bad;
		buf_add(&b, r->at, n);
		r->at += n;
	}
	if (r->at == r->end)
		goto bad;
	r->at++;
	buf_add(&b, "", 0);
	if (b.failed) {
		buf_free(&b);
		err_nomem(r->err);
	}
	return b.data;
bad:
	buf_free(&b);
	complain(r, "not a string");
	return NULL;
}

static size_t digits(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && at[n] >= '0' && at[n] <= '9')
		n++;
	return n;
}

/* The length of the number at r->at by RFC 8259's grammar, or 0. */
static size_t number_length(const struct reader *r)
{
	const char *p = r->at;
	size_t n;

	if (p < r->end && *p == '-')
		p++;
	n = digits(p, r->end);
	if (!n || (n > 1 && *p == '0'))
		return 0;
	p += n;
	if (p < r->end && *p == '.') {
		n = digits(++p, r->end);
		if (!n)
			return 0;
		p += n;
	}
	if (p < r->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < r->end && (*p == '+' || *p == '-'))
			p++;
		n = digits(p, r->end);
		if (!n)
			return 0;
		p += n;
	}
	return (size_t)(p - r->at);
}

static struct json *read_number(struct reader *r)
{
	size_t n = number_length(r);
	struct json *j;

	if (!n || n > 40)
		return complain(r, "not a value");
	j = node_new(r, JSON_NUMBER);
	if (j && !(j->text = strndup(r->at, n))) {
		json_free(j);
		err_nomem(r->err);
		return NULL;
	}
	r->at += n;
	return j;
}

static struct json *read_word(struct reader *r)
{
	static const struct { const char *word; enum json_type type; bool truth; }
	words[] = {
		{ "true", JSON_BOOL, true },
		{ "false", JSON_BOOL, false },
		{ "null", JSON_NULL, false },
	};
	struct json *j;

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(r->end - r->at) < n ||
		    memcmp(r->at, words[i].word, n))
			continue;
		j = node_new(r, words[i].type);
		if (j)
			j->truth = words[i].truth;
		r->at += n;
		return j;
	}
	return read_number(r);
}

/* A member's key and colon; NULL after a complaint. */
static char *read_key(struct reader *r, const struct json *object)
{
	char *key;

	if (!next_is(r, '"')) {
		complain(r, "expected a key");
		return NULL;
	}
	key = read_string(r);
	if (!key)
		return NULL;
	if (json_get(object, key))
		complain(r, "the same key twice");
	else if (!next_is(r, ':'))
		complain(r, "expected ':'");
	else
		return key;
	free(key);
	return NULL;
}

static struct json *read_members(struct reader *r, struct json *j, char closing)
{
	struct json **tail = &j->child;
	char *key = NULL;
	unsigned n = 0;

	if (next_is(r, closing))
		return j;
	do {
		if (closing == '}' && n++ == JSON_MAX_MEMBERS) {
			complain(r, "too many members");
			goto bad;
		}
		if (closing == '}' && !(key = read_key(r, j)))
			goto bad;
		*tail = read_value(r);
		if (!*tail) {
			free(key);
			goto bad;
		}
		(*tail)->key = key;
		tail = &(*tail)->next;
	} while (next_is(r, ','));
	if (next_is(r, closing))
		return j;
	complain(r, "expected ',' or the end");
bad:
	json_free(j);
	return NULL;
}

static struct json *read_value(struct reader *r)
{
	struct json *j;

	if (r->depth == JSON_MAX_DEPTH)
		return complain(r, "too deep");
	r->depth++;
	if (next_is(r, '{')) {
		j = node_new(r, JSON_OBJECT);
		j = j ? read_members(r, j, '}') : NULL;
	} else if (next_is(r, '[')) {
		j = node_new(r, JSON_ARRAY);
		j = j ? read_members(r, j, ']') : NULL;
	} else if (next_is(r, '"')) {
		j = node_new(r, JSON_STRING);
		if (j && !(j->text = read_string(r))) {
			json_free(j);
			j = NULL;
		}
	} else {
		j = read_word(r);
	}
	r->depth--;
	return j;
}

struct json *json_parse(const char *text, size_t len, struct belay_error *err)
{
	struct reader r = { text, text, text + len, 0, err };
	struct json *j;

	if (len > JSON_MAX_BYTES)
		return complain(&r, "too large");
	j = read_value(&r);
	skip_space(&r);
	if (j && r.at != r.end) {
		json_free(j);
		return complain(&r, "something behind the value");
	}
	return j;
}

/* ---- asking ---- */

const struct json *json_get(const struct json *j, const char *key)
{
	if (!j || j->type != JSON_OBJECT)
		return NULL;
	for (j = j->child; j; j = j->next) {
		if (!strcmp(j->key, key))
			return j;
	}
	return NULL;
}

static const struct json *member(const struct json *j, const char *key,
				 enum json_type type)
{
	j = json_get(j, key);
	return j && j->type == type ? j : NULL;
}

const char *json_str(const struct json *j, const char *key, const char *fallback)
{
	j = member(j, key, JSON_STRING);
	return j ? j->text : fallback;
}

uint64_t json_u64(const struct json *j, const char *key, uint64_t fallback)
{
	uint64_t n;

	j = member(j, key, JSON_NUMBER);
	return j && text_u64(j->text, UINT64_MAX, &n) == 0 ? n : fallback;
}

int64_t json_i64(const struct json *j, const char *key, int64_t fallback)
{
	long long n;
	char *end;

	j = member(j, key, JSON_NUMBER);
	if (!j)
		return fallback;
	errno = 0;
	n = strtoll(j->text, &end, 10);
	return errno || *end ? fallback : n;
}

double json_f64(const struct json *j, const char *key, double fallback)
{
	j = member(j, key, JSON_NUMBER);
	return j ? strtod(j->text, NULL) : fallback;
}

bool json_bool(const struct json *j, const char *key, bool fallback)
{
	j = member(j, key, JSON_BOOL);
	return j ? j->truth : fallback;
}
