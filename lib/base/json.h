/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - read and write JSON (RFC 8259), strictly and within limits
 *
 * The recording half links nothing but libc and a checksum library, so it has
 * its own reader.  At most JSON_MAX_BYTES, depth JSON_MAX_DEPTH,
 * JSON_MAX_MEMBERS in an object (each is compared with all); duplicate
 * keys, control characters and invalid UTF-8 are refused; "\u0000" too, so
 * every string is a C string.  Numbers are kept as their text.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define JSON_MAX_BYTES (16u << 20)
#define JSON_MAX_DEPTH 16
#define JSON_MAX_MEMBERS 1024

enum json_type {
	JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT
};

struct json {
	enum json_type type;
	bool truth;			/* JSON_BOOL */
	const char *key;		/* in an object, else NULL */
	const char *text;		/* JSON_STRING, JSON_NUMBER */
	struct json *child, *next;	/* of arrays and objects */
};

/* The tree is freed whole; text need not outlive the call. */
struct json *json_parse(const char *text, size_t len, struct belay_error *err);
void json_free(struct json *j);

/* A member, or NULL when j is no object or has none. */
const struct json *json_get(const struct json *j, const char *key);
/* The member's value, or the fallback when it is missing or another type. */
const char *json_str(const struct json *j, const char *key, const char *fallback);
uint64_t json_u64(const struct json *j, const char *key, uint64_t fallback);
int64_t json_i64(const struct json *j, const char *key, int64_t fallback);
double json_f64(const struct json *j, const char *key, double fallback);
bool json_bool(const struct json *j, const char *key, bool fallback);

/*
 * Writing: a comma-keeping appender to a buf.  key is NULL inside arrays and
 * at the top.  Strings that are not UTF-8 have the offending bytes replaced.
 */
struct json_out {
	struct buf *buf;
	unsigned depth;
	bool comma, pretty;
};

void json_open(struct json_out *o, const char *key, char bracket);  /* { or [ */
void json_close(struct json_out *o, char bracket);		    /* } or ] */
void json_put_str(struct json_out *o, const char *key, const char *text); /* NULL: null */
void json_put_u64(struct json_out *o, const char *key, uint64_t v);
void json_put_i64(struct json_out *o, const char *key, int64_t v);
void json_put_f64(struct json_out *o, const char *key, double v);
/* The same with as many digits as give back the very number. */
void json_put_exact(struct json_out *o, const char *key, double v);
void json_put_bool(struct json_out *o, const char *key, bool v);
void json_put_null(struct json_out *o, const char *key);
void json_put_time(struct json_out *o, const char *key, int64_t wall_us); /* 0: null */

/* Close the object with a last member "check" of every byte before it, and end
 * the line; the buf holds nothing else. */
void json_seal(struct json_out *o);
/* json_parse(), of what has no seal, for a person may have written it, or one
 * that is unbroken. */
struct json *json_parse_sealed(const char *text, size_t len,
			       struct belay_error *err);
/* 0: just what json_seal() has written; -1, with what is wrong. */
int json_check_seal(const char *text, size_t len, struct belay_error *err);

#define _auto_json_ __attribute__((cleanup(json_freep)))
static inline void json_freep(struct json **j)
{
	json_free(*j);
}

#endif /* BASE_JSON_H */
