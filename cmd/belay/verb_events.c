/* SPDX-License-Identifier: Apache-2.0 */
/* verb_events.c - everything that happened to a run */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cmd/belay/print.h"
#include "cmd/belay/status.h"
#include "cmd/belay/story.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_NEXT, GIVEN_LATE, GIVEN_ALL, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_PLACE,
	{ "json", 0, NULL, "an array of objects" },
	{ "late", 0, NULL, "each record that came too late to count" },
	{ "all", 'a', NULL, "each chunk begun or done, each beat" },
	{ 0 }
};

static void put_place(struct json_out *o, const struct happening *h)
{
	if (!h->set)
		return;
	json_put_str(o, "set", h->set);
	json_put_u64(o, "chunk", h->chunk);
	json_put_str(o, "node", *h->node ? h->node : NULL);
}

static int events_json(const struct story *s)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	json_open(&o, NULL, '[');
	for (size_t i = 0; i < s->n; i++) {
		const struct happening *h = &s->h[i];

		json_open(&o, NULL, '{');
		json_put_time(&o, "time", h->time_us == INT64_MAX ? 0 :
			      h->time_us);
		json_put_u64(&o, "attempt", h->attempt);
		json_put_str(&o, "event", h->word);
		json_put_bool(&o, "late", h->late);
		json_put_str(&o, "writer", *h->writer ? h->writer : NULL);
		json_put_u64(&o, "sequence", h->sequence);
		put_place(&o, h);
		json_put_str(&o, "text", h->text ? h->text : "");
		json_close(&o, '}');
	}
	json_close(&o, ']');
	return print_json(&text);
}

/* "2026-11-23 14:03:22.123"; UTC, as everywhere. */
static const char *when(int64_t wall_us, char out[CLOCK_ISO])
{
	clock_iso(wall_us == INT64_MAX ? 0 : wall_us, out);
	if (strlen(out) < 23)
		return "";
	out[10] = ' ';
	out[23] = '\0';
	return out;
}

static int events_text(const struct story *s)
{
	char time[CLOCK_ISO];

	for (size_t i = 0; i < s->n; i++) {
		const struct happening *h = &s->h[i];

		printf("%-23s  %3u  %-14s %s%s%s%s\n", when(h->time_us, time),
		       h->attempt, h->word,
		       h->late ? print_colour(PRINT_DIM) : "",
		       h->late ? "(late) " : "", h->text ? h->text : "",
		       h->late ? print_colour(PRINT_PLAIN) : "");
	}
	return EXIT_DONE;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_story_ struct story story = { 0 };
	_auto_run_ struct run *r = NULL;
	struct story_options opt;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (argc - at > 1)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	opt.all = given[GIVEN_ALL];
	opt.late = given[GIVEN_LATE];
	r = which_run(given, argv[at], &err);
	if (!r || story_load(r, &opt, &story, &err) < 0)
		return verb_fail(v, &err);
	return given[GIVEN_JSON] ? events_json(&story) : events_text(&story);
}

const struct verb verb_events = {
	.name = "events", .synopsis = "[--json] [--late] [--all] [RUN]",
	.line = "list what is recorded of a run, in order",
	.more = "In the order of attempts, and within one of the writers' "
		"clocks (UTC).  What came after the next attempt had begun is "
		"late: it does not count.",
	.options = options, .run = run,
};
