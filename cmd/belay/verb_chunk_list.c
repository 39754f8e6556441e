/* SPDX-License-Identifier: Apache-2.0 */
/* verb_chunk_list.c - how every chunk of a run stands */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/belay/chunk.h"
#include "cmd/belay/print.h"

enum { GIVEN_SET = GIVEN_AFTER_RUN, GIVEN_STATUS, GIVEN_JSON, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "set", 0, "NAME", "of this set only" },
	{ "status", 0, "STATUS", "only those that are pending, running, done, "
				 "retrying or quarantined" },
	{ "json", 0, NULL, "an array of objects" },
	{ 0 }
};

/* What is wanted of all that is there. */
struct filter {
	const char *set;
	int status;		/* -1: any */
};

/* Call f for each chunk wanted. */
static void each(const struct chunk_state *s, const struct filter *want,
		 void (*f)(const struct chunk_set *set, uint64_t chunk,
			   void *arg),
		 void *arg)
{
	for (const struct chunk_set *set = s->sets; set; set = set->next) {
		if (want->set && strcmp(want->set, set->name))
			continue;
		for (uint64_t i = 0; i < set->count; i++)
			if (want->status < 0 || set->status[i] == want->status)
				f(set, i, arg);
	}
}

static void print_chunk(const struct chunk_set *set, uint64_t chunk, void *arg)
{
	const struct chunk_trouble *t = chunk_trouble_of(set, chunk);

	(void)arg;
	printf("%-12s %8" PRIu64 "  %-11s", set->name, chunk,
	       chunk_status_word[set->status[chunk]]);
	if (t)
		printf("  %6u  %4u  %-10s  %s", t->fails, t->lost, t->node,
		       t->reason);
	putchar('\n');
}

static void add_chunk(const struct chunk_set *set, uint64_t chunk, void *arg)
{
	const struct chunk_trouble *t = chunk_trouble_of(set, chunk);
	struct json_out *o = arg;

	json_open(o, NULL, '{');
	json_put_str(o, "set", set->name);
	json_put_u64(o, "chunk", chunk);
	json_put_str(o, "status", chunk_status_word[set->status[chunk]]);
	json_put_u64(o, "fails", t ? t->fails : 0);
	json_put_u64(o, "lost", t ? t->lost : 0);
	json_put_str(o, "node", t ? t->node : NULL);
	json_put_str(o, "reason", t ? t->reason : NULL);
	json_close(o, '}');
}

static int list_json(const struct chunk_state *s, const struct filter *want)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text };

	json_open(&o, NULL, '[');
	each(s, want, add_chunk, &o);
	json_close(&o, ']');
	return print_json(&text);
}

static int list_text(const struct chunk_state *s, const struct filter *want)
{
	if (s->sets)
		puts("SET             CHUNK  STATUS       FAILED  LOST  "
		     "NODE        REASON");
	each(s, want, print_chunk, NULL);
	return EXIT_DONE;
}

/* The number of a status word, or -1. */
static int status_of(const char *word)
{
	int i = 0;

	while (i < 5 && strcmp(chunk_status_word[i], word))
		i++;
	return i < 5 ? i : -1;
}

static int list(const struct verb *v, const char *const *given,
		const struct filter *want)
{
	struct belay_error err;
	_auto_run_ struct run *r = which_run(given, given[GIVEN_RUN], &err);
	struct chunk_state *s = r ? chunk_state_load(r, &err) : NULL;
	int status;

	if (!s)
		return verb_fail(v, &err);
	if (want->set && !chunk_set_find(s, want->set)) {
		err_set(&err, BELAY_ENOENT, "no set '%s' in run '%s'",
			want->set, r->name);
		status = verb_fail(v, &err);
	} else {
		status = given[GIVEN_JSON] ? list_json(s, want)
					   : list_text(s, want);
	}
	chunk_state_free(s);
	return status;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	int at = verb_read_options(v, argc, argv, given);
	struct filter want = { .status = -1 };

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'; say --run RUN",
				  argv[at]);
	want.set = given[GIVEN_SET];
	if (given[GIVEN_STATUS])
		want.status = status_of(given[GIVEN_STATUS]);
	if (given[GIVEN_STATUS] && want.status < 0)
		return verb_usage(v, "--status: no such status: '%s'; use "
				  "pending, running, done, retrying or "
				  "quarantined", given[GIVEN_STATUS]);
	return list(v, given, &want);
}

const struct verb verb_chunk_list = {
	.name = "chunk list",
	.synopsis = "[--run RUN] [--set NAME] [--status STATUS] [--json]",
	.line = "list the chunks of a run and how they stand",
	.options = options, .run = run,
};
