/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_list.c - the checkpoints of a run */

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/print.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_AFTER_RUN, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "json", 0, NULL, "an array of objects" },
	{ 0 }
};

static int list_json(const struct run *r, const struct checkpoint_list *list)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	json_open(&o, NULL, '[');
	for (unsigned i = 0; i < list->n; i++) {
		json_open(&o, NULL, '{');
		checkpoint_json(r, &list->c[i], &o);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	return print_json(&text);
}

/* Nothing at all would look as if it had not been asked. */
static int list_nothing(const struct run *r)
{
	fprintf(stderr, "belay checkpoint list: run '%s' has no checkpoints\n",
		r->name);
	return EXIT_DONE;
}

static int list_text(const struct run *r, const struct checkpoint_list *list)
{
	char ago[24], size[16];

	if (!list->n)
		return list_nothing(r);
	puts("    ID  CREATED       ATTEMPT       SIZE  PARTS  CONDITION   "
	     "LABEL");
	for (unsigned i = 0; i < list->n; i++) {
		const struct checkpoint *c = &list->c[i];

		printf("%6llu  %-12s  %7u  %9s  %5u  %-10s  %.19s\n",
		       (unsigned long long)c->id,
		       print_ago(c->created_us, ago), c->attempt,
		       text_size(c->bytes, size), c->ranks + c->n_files,
		       checkpoint_condition(c), c->label);
	}
	return EXIT_DONE;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_list_ struct checkpoint_list list = { 0 };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'; say --run RUN",
				  argv[at]);
	r = which_run(given, given[GIVEN_RUN], &err);
	if (!r || checkpoint_list(r, &list, &err) < 0)
		return verb_fail(v, &err);
	return given[GIVEN_JSON] ? list_json(r, &list) :
				   list_text(r, &list);
}

const struct verb verb_checkpoint_list = {
	.name = "checkpoint list", .synopsis = "[--run RUN] [--json]",
	.line = "list the checkpoints of a run",
	.more = "Only good ones are offered.  A late one was published by an "
		"attempt after the next one had begun; a damaged one is kept "
		"for a look at it until it is pruned.",
	.options = options, .run = run,
};
