/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - the tables of keys, and what to say about them */

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "policy/schema.h"

#define IN(member) offsetof(struct draft, policy.member)
#define OF(member) offsetof(struct rule, member)
#define DAY 86400.0

#define ROW(k, t, at) .key = k, .type = FIELD_##t, .offset = at
#define RANGE(k, t, at, least, most) ROW(k, t, at), .min = least, .max = most
#define LATER(k) { ROW(k, LATER, 0) }

static const struct field backoff[] = {
	{ RANGE("initial", SECONDS, IN(backoff_initial_s), 0, 7 * DAY) },
	{ RANGE("factor", FACTOR, IN(backoff_factor), 1, 100) },
	{ RANGE("max", SECONDS, IN(backoff_max_s), 1, 7 * DAY) },
	{ 0 }
};

static const struct field attempts[] = {
	{ RANGE("max", COUNT, IN(attempts_max), 1, 1000) },
	{ ROW("burst", RATE, IN(burst)) },
	{ RANGE("without_progress", COUNT, IN(without_progress), 1, 1000) },
	{ ROW("backoff", KEYS, 0), .keys = backoff },
	{ ROW("give_up", CHOICE, IN(give_up)), .min = ACTION_HOLD,
	  .choices = policy_actions + ACTION_HOLD },
	{ 0 }
};

static const struct field chunks[] = {
	{ RANGE("max_attempts", COUNT, IN(chunk_attempts), 1, 1000) },
	{ RANGE("timeout", SECONDS, IN(chunk_timeout_s), 0, 365 * DAY) },
	{ 0 }
};

static const struct field checkpoint[] = {
	{ RANGE("interval", INTERVAL, IN(checkpoint.interval), 1, 365 * DAY) },
	{ RANGE("keep", COUNT, IN(checkpoint.keep), 1, 100000) },
	{ RANGE("keep_every", SECONDS, IN(checkpoint.keep_every_s), 0,
		365 * DAY) },
	{ ROW("compress", COMPRESS, IN(checkpoint.compress)) },
	{ ROW("verify", BOOL, IN(checkpoint.verify)) },
	{ ROW("on_full", CHOICE, IN(checkpoint.on_full)),
	  .choices = policy_on_full_words },
	{ 0 }
};

static const struct field nodes[] = {
	{ RANGE("exclude_for", SECONDS, IN(exclude_for_s), 0, 365 * DAY) },
	LATER("exclude_max"),
	LATER("heartbeat"),
	{ 0 }
};

const struct field schema_rule[] = {
	{ RANGE("name", NAME, OF(name), 1, sizeof(((struct rule *)0)->name)) },
	{ ROW("on", CAUSES, 0), .required = true },
	{ ROW("exit_codes", CODES, 0) },
	{ ROW("action", CHOICE, OF(action)), .choices = policy_actions,
	  .required = true },
	{ RANGE("max", COUNT, OF(max), 1, 1000) },
	{ ROW("counts", BOOL, OF(counts)) },
	LATER("resources"),
	{ 0 }
};

const struct field schema_policy[] = {
	{ RANGE("version", COUNT, offsetof(struct draft, version), 1, 1),
	  .required = true },
	{ ROW("preset", CHOICE, offsetof(struct draft, preset)),
	  .choices = policy_preset_words },
	{ ROW("attempts", KEYS, 0), .keys = attempts },
	{ ROW("chunks", KEYS, 0), .keys = chunks },
	{ ROW("checkpoint", KEYS, 0), .keys = checkpoint },
	{ ROW("nodes", KEYS, 0), .keys = nodes },
	{ ROW("rules", RULES, 0) },
	LATER("time_slice"),
	LATER("stall"),
	LATER("notify"),
	LATER("on_restart"),
	{ 0 }
};

const struct field *schema_find(const struct field *keys, const char *key)
{
	for (; keys->key; keys++)
		if (!strcmp(keys->key, key))
			return keys;
	return NULL;
}

void schema_suggest(const struct field *keys, const char *key, struct buf *out)
{
	const char *names[SCHEMA_MAX_KEYS + 1] = { NULL }, *near;
	int n = 0;

	for (; keys[n].key; n++)
		names[n] = keys[n].key;
	near = text_nearest(key, names);
	if (near) {
		buf_printf(out, "did you mean '%s'?", near);
		return;
	}
	buf_puts(out, "known here are");
	for (const char *comma = " "; keys->key; keys++) {
		if (keys->type == FIELD_LATER)
			continue;
		buf_printf(out, "%s%s", comma, keys->key);
		comma = ", ";
	}
}

static void want_choice(const struct field *f, struct buf *out)
{
	for (const char *const *c = f->choices; *c; c++)
		buf_printf(out, "%s%s", c == f->choices ? "" : c[1] ? ", "
								    : " or ",
			   *c);
}

static void want_range(const struct field *f, struct buf *out)
{
	if (f->min == f->max)
		buf_printf(out, "%g", f->min);
	else
		buf_printf(out, "a number from %g to %g", f->min, f->max);
}

static void want_seconds(const struct field *f, struct buf *out)
{
	buf_puts(out, "a time such as 90s, 10m, 2h or 1d, from ");
	value_put_seconds(f->min, out);
	buf_puts(out, " to ");
	value_put_seconds(f->max, out);
}

void schema_want(const struct field *f, struct buf *out)
{
	static const char *const words[] = {
		[FIELD_BOOL]   = "true or false",
		[FIELD_NAME]   = "1 to 95 printable characters",
		[FIELD_RATE]   = "a number per time, such as 6/1h",
		[FIELD_INTERVAL] = "auto, a time from 1s to 365d such as "
				   "10m, or a number such as 100 chunks",
		[FIELD_COMPRESS] = "auto, none, zstd or zstd:LEVEL, LEVEL "
				   "from 1 to 19",
		[FIELD_CAUSES] = "a list of causes such as [node_fail, "
				 "timeout]",
		[FIELD_CODES]  = "a list of exit statuses such as [2, 64-78]",
		[FIELD_KEYS]   = "keys and values",
		[FIELD_RULES]  = "a list of rules, each behind a '-'",
	};

	if (f->type == FIELD_CHOICE)
		want_choice(f, out);
	else if (f->type == FIELD_SECONDS)
		want_seconds(f, out);
	else if (f->type == FIELD_COUNT || f->type == FIELD_FACTOR)
		want_range(f, out);
	else
		buf_puts(out, words[f->type]);
}
