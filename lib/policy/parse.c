/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - a policy file, read by the tables of keys
 *
 * Every read_*() starts with the first event of its part as the current one
 * and leaves with the last one: for a mapping or a list that is its end.
 */

#include <string.h>

#include "policy/reader.h"
#include "policy/rules.h"

/* ---- lists ---- */

static int read_list(struct reader *r, const struct field *f, void *into,
		     rules_item *item)
{
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return reader_misfit(r, f, VALUE_WRONG);
	for (;;) {
		if (reader_next(r) < 0)
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (item(r, f, into) < 0)
			return -1;
	}
}

/* ---- one value ---- */

static int read_one(struct reader *r, const struct field *f, void *into)
{
	const char *text = reader_text(r);
	enum value_wrong wrong = VALUE_WRONG;

	if (text)
		wrong = value_read(f, text, (char *)into + f->offset);
	return wrong == VALUE_GOOD ? 0 : reader_misfit(r, f, wrong);
}

static int read_value(struct reader *r, const struct field *f, void *into)
{
	switch (f->type) {
	case FIELD_KEYS:
		if (r->event.type != YAML_MAPPING_START_EVENT)
			return reader_misfit(r, f, VALUE_WRONG);
		return parse_keys(r, f->keys, into);
	case FIELD_CAUSES:
		return read_list(r, f, into, rules_add_cause);
	case FIELD_CODES:
		return read_list(r, f, into, rules_add_codes);
	case FIELD_RULES:
		return read_list(r, f, into, rules_add);
	default:
		return read_one(r, f, into);
	}
}

/* ---- keys ---- */

static int unknown_key(struct reader *r, const struct field *keys,
		       const char *key)
{
	_auto_buf_ struct buf remedy = { 0 };

	schema_suggest(keys, key, &remedy);
	return reader_complain(r, r->event.start_mark,
			       "unknown key '%.40s'; %s", key,
			       buf_text(&remedy));
}

/* The row of the current event's key, which may not have been seen before. */
static const struct field *read_key(struct reader *r,
				    const struct field *keys, uint32_t *seen)
{
	const char *key = reader_text(r);
	const struct field *f = key ? schema_find(keys, key) : NULL;
	yaml_mark_t at = r->event.start_mark;

	if (!key)
		reader_complain(r, at, "a key of several parts; a key is one "
				"word");
	else if (!f)
		unknown_key(r, keys, key);
	else if (f->type == FIELD_LATER)
		reader_complain(r, at, "'%s' is not supported by this version; "
				"remove it", key);
	else if (*seen & 1u << (f - keys))
		reader_complain(r, at, "'%s' is there twice; remove one", key);
	else {
		*seen |= 1u << (f - keys);
		return f;
	}
	return NULL;
}

static int check_required(struct reader *r, const struct field *keys,
			  uint32_t seen, yaml_mark_t at)
{
	for (const struct field *f = keys; f->key; f++) {
		_auto_buf_ struct buf want = { 0 };

		if (!f->required || seen & 1u << (f - keys))
			continue;
		schema_want(f, &want);
		return reader_complain(r, at, "'%s' is missing; add it with %s",
				       f->key, buf_text(&want));
	}
	return 0;
}

int parse_keys(struct reader *r, const struct field *keys, void *into)
{
	yaml_mark_t begin = r->event.start_mark;
	const struct field *f;
	uint32_t seen = 0;

	for (;;) {
		if (reader_next(r) < 0)
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return check_required(r, keys, seen, begin);
		f = read_key(r, keys, &seen);
		if (!f || reader_next(r) < 0 || read_value(r, f, into) < 0)
			return -1;
	}
}

/* ---- the whole ---- */

static int read_policy(struct reader *r)
{
	static const yaml_mark_t top = { 0 };

	if (reader_next(r) < 0 || reader_next(r) < 0)	/* stream, document */
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return reader_complain(r, top, "the policy is empty; begin "
				       "with 'version: 1'");
	if (reader_next(r) < 0)
		return -1;
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return reader_complain(r, r->event.start_mark, "no key; a "
				       "policy is lines of 'key: value', "
				       "'version: 1' the first");
	if (parse_keys(r, schema_policy, &r->draft) < 0 ||
	    reader_next(r) < 0 || reader_next(r) < 0)	/* document's end */
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return reader_complain(r, r->event.start_mark, "a second "
				       "document; a policy is one");
	return rules_finish(r);
}

static int refuse_bytes(const struct input *in, size_t offset,
			const char *what, struct belay_error *err)
{
	size_t line, column;

	input_place(in, offset, &line, &column);
	return input_complain(in, line, column, what, err);
}

int policy_parse(const char *file, const void *text, size_t len,
		 struct policy *p, struct belay_error *err)
{
	struct input in = { file, text ? text : "", len };
	struct reader r = { .draft.preset = -1 };
	const char *wrong;
	size_t offset;
	int rc;

	wrong = input_wrong(&in, &offset);
	if (wrong)
		return refuse_bytes(&in, offset, wrong, err);
	policy_defaults(&r.draft.policy);
	if (reader_open(&r, &in, err) < 0)
		return -1;
	rc = read_policy(&r);
	reader_close(&r);
	if (rc == 0)
		*p = r.draft.policy;
	return rc;
}
