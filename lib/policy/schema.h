/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - the words of a policy file: one row for each key
 *
 * A file nests no deeper and holds no more than the tables say, because what
 * they do not expect is refused where it begins.
 */
#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include "base/buf.h"
#include "policy/policy.h"

/* What parsing fills: a policy, and what only matters until it is whole. */
struct draft {
	struct policy policy;
	int version;
	int preset;		/* index into policy_preset_words */
};

enum field_type {
	/* one value */
	FIELD_COUNT,		/* int, min to max */
	FIELD_SECONDS,		/* double, min to max */
	FIELD_FACTOR,		/* double, min to max */
	FIELD_CHOICE,		/* int: min + index into choices */
	FIELD_BOOL,		/* bool */
	FIELD_NAME,		/* char[max] */
	FIELD_RATE,		/* struct policy_rate */
	FIELD_INTERVAL,		/* struct policy_interval */
	FIELD_COMPRESS,		/* int: auto, none or a level */
	/* more than one */
	FIELD_CAUSES,		/* rule.on */
	FIELD_CODES,		/* rule.codes */
	FIELD_KEYS,		/* a table of its own, in the same struct */
	FIELD_RULES,		/* policy.rules */
	FIELD_LATER,		/* known, but of a later version */
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;		/* in struct draft, or struct rule */
	double min, max;
	const char *const *choices;	/* NULL at the end */
	const struct field *keys;
	bool required;
};

extern const struct field schema_policy[], schema_rule[];

/* A table has at most this many rows, a bit for each. */
#define SCHEMA_MAX_KEYS 32

const struct field *schema_find(const struct field *keys, const char *key);
/* What to say to whoever wrote key: the nearest one, or all of them. */
void schema_suggest(const struct field *keys, const char *key,
		    struct buf *out);
/* What f takes: "a number from 1 to 1000". */
void schema_want(const struct field *f, struct buf *out);

/* ---- values ---- */

enum value_wrong { VALUE_GOOD, VALUE_WRONG, VALUE_RANGE };

/* Read text, the one value of f, into the place at. */
enum value_wrong value_read(const struct field *f, const char *text, void *at);
/* "2" or "64-78". */
enum value_wrong value_codes(const char *text, uint8_t *from, uint8_t *to);
/* "10m", "1.5s": as value_read() takes it. */
void value_put_seconds(double seconds, struct buf *out);
void value_put_interval(const struct policy_interval *i, struct buf *out);
void value_put_compress(int compress, struct buf *out);

/* ---- presets ---- */

void policy_defaults(struct policy *p);		/* without any rule */
int policy_add_preset(const char *name, struct policy *p,
		      struct belay_error *err);	/* its name and its rules */
extern const char *const policy_preset_words[];	/* short names too */

#endif /* POLICY_SCHEMA_H */
