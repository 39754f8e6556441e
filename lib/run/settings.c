/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - the settings of an attempt ⇄ JSON */

#include <string.h>

#include "run/settings.h"

#define LEVEL_MAX 19

const struct settings settings_default = {
	.keep = 5,
	.compress = COMPRESS_AUTO,
	.on_full = ON_FULL_PRUNE,
	.chunk_attempts = 3,
};

static const char *const on_full_words[] = {
	[ON_FULL_PRUNE] = "prune", [ON_FULL_PAUSE] = "pause",
	[ON_FULL_CONTINUE] = "continue",
};

void settings_put(const struct settings *s, struct json_out *o)
{
	if (!s->keep)
		return;
	json_open(o, "settings", '{');
	json_put_exact(o, "interval_s", s->interval_s);
	json_put_u64(o, "interval_chunks", s->interval_chunks);
	json_put_exact(o, "mtbf_s", s->mtbf_s);
	json_put_u64(o, "keep", s->keep);
	json_put_exact(o, "keep_every_s", s->keep_every_s);
	json_put_i64(o, "compress", s->compress);
	json_put_bool(o, "verify", s->verify);
	json_put_str(o, "on_full", on_full_words[s->on_full]);
	json_put_u64(o, "chunk_max_attempts", s->chunk_attempts);
	json_put_exact(o, "chunk_timeout_s", s->chunk_timeout_s);
	json_close(o, '}');
}

/* A century, so that sums of microseconds stay numbers. */
static double get_seconds(const struct json *j, const char *key)
{
	double s = json_f64(j, key, 0);

	return s >= 0 && s <= 100 * 365 * 86400.0 ? s : 0;
}

static unsigned get_count(const struct json *j, const char *key,
			  unsigned fallback)
{
	uint64_t n = json_u64(j, key, fallback);

	return n >= 1 && n <= 1000000 ? (unsigned)n : fallback;
}

static int get_compress(const struct json *j)
{
	int64_t level = json_i64(j, "compress", COMPRESS_AUTO);

	return level >= COMPRESS_AUTO && level <= LEVEL_MAX ? (int)level :
	       COMPRESS_AUTO;
}

static enum on_full get_on_full(const struct json *j)
{
	const char *word = json_str(j, "on_full", "");

	for (int i = 0; i <= ON_FULL_CONTINUE; i++)
		if (!strcmp(word, on_full_words[i]))
			return (enum on_full)i;
	return settings_default.on_full;
}

void settings_get(const struct json *j, struct settings *s)
{
	const struct settings *d = &settings_default;

	*s = (struct settings){
		.interval_s = get_seconds(j, "interval_s"),
		.interval_chunks = json_u64(j, "interval_chunks", 0),
		.mtbf_s = get_seconds(j, "mtbf_s"),
		.keep = get_count(j, "keep", d->keep),
		.keep_every_s = get_seconds(j, "keep_every_s"),
		.compress = get_compress(j),
		.verify = json_bool(j, "verify", d->verify),
		.on_full = get_on_full(j),
		.chunk_attempts = get_count(j, "chunk_max_attempts",
					    d->chunk_attempts),
		.chunk_timeout_s = get_seconds(j, "chunk_timeout_s"),
	};
}
