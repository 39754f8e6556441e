/* SPDX-License-Identifier: Apache-2.0 */
/* verb_status.c - how a run stands, or all of them */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/belay/print.h"
#include "cmd/belay/status.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_NEXT, GIVEN_WATCH, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_PLACE,
	{ "json", 0, NULL, "an object; an array of them without RUN" },
	{ "watch", 'w', NULL, "again each second until the run is over" },
	{ 0 }
};

/* ---- all runs ---- */

struct standing {		/* of one of them */
	struct run *run;
	struct facts facts;
};

struct table {
	const char *root, *cluster;
	struct standing *s;
	size_t n;
};

static void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		facts_fini(&t->s[i].facts);
		run_close(t->s[i].run);
	}
	free(t->s);
}

/* A full disk may leave a run's directory without what should be in it: nothing
 * is lost, and the next start of the run makes the rest. */
static void say_unread(const char *name, const struct run *r,
		       const struct belay_error *err)
{
	if (!r && err->code == BELAY_ENOENT)
		fprintf(stderr, "belay: run '%s' was never made whole; its "
			"next start does that\n", name);
	else
		fprintf(stderr, "belay: run '%s': %s\n", name, err->text);
}

/* A run that cannot be read is said and left out: the others still count. */
static int add_run(const char *cluster, const char *name, void *arg)
{
	struct table *t = arg;
	struct belay_error err;
	struct standing *s;

	if (t->cluster && strcmp(cluster, t->cluster))
		return 0;
	s = realloc(t->s, (t->n + 1) * sizeof(*s));
	if (!s)
		return -1;
	t->s = s;
	s += t->n;
	*s = (struct standing){ 0 };
	s->run = run_open(t->root, cluster, name, &err);
	if (!s->run || facts_load(s->run, &s->facts, &err) < 0) {
		say_unread(name, s->run, &err);
		run_close(s->run);
		return 0;
	}
	t->n++;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;
	int64_t u = facts_begun_us(&x->facts), v = facts_begun_us(&y->facts);

	return u < v ? 1 : u > v ? -1 : strcmp(x->run->name, y->run->name);
}

static int print_table(const struct table *t, bool json)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	if (!json) {
		if (t->n)
			status_table_head();
		else
			fprintf(stderr, "belay status: no runs below '%s'\n",
				t->root);
		for (size_t i = 0; i < t->n; i++)
			status_table_line(&t->s[i].facts);
		return EXIT_DONE;
	}
	json_open(&o, NULL, '[');
	for (size_t i = 0; i < t->n; i++)
		status_json(&t->s[i].facts, &o);
	json_close(&o, ']');
	return print_json(&text);
}

static int show_all(const struct verb *v, const char *const *given)
{
	struct belay_error err;
	_auto_free_ char *root = run_root(given[GIVEN_ROOT], &err);
	struct table t = { .root = root, .cluster = given[GIVEN_CLUSTER] };
	int status;

	if (!root)
		return verb_fail(v, &err);
	if (run_each(root, add_run, &t, &err) != 0 &&
	    err.code != BELAY_ENOENT)	/* nothing there yet: an empty table */
		status = verb_fail(v, &err);
	else {
		if (t.n)
			qsort(t.s, t.n, sizeof(*t.s), newest_first);
		status = print_table(&t, given[GIVEN_JSON]);
	}
	table_free(&t);
	return status;
}

/* ---- one run ---- */

static int show_one(const struct verb *v, struct run *r, bool json,
		    enum run_state *state)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };
	_auto_facts_ struct facts f = { 0 };
	struct belay_error err;

	if (run_reload(r, &err) < 0 || facts_load(r, &f, &err) < 0)
		return verb_fail(v, &err);
	*state = f.state;
	if (!json) {
		status_page(&f);
		return EXIT_DONE;
	}
	status_json(&f, &o);
	return print_json(&text);
}

static void next_frame(void)
{
	fflush(stdout);
	clock_sleep_ms(1000);
	if (*print_colour(PRINT_PLAIN))		/* a terminal: from the top */
		fputs("\033[H\033[2J", stdout);
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL }, *spec;
	_auto_run_ struct run *r = NULL;
	enum run_state state = RUN_PENDING;
	struct belay_error err;
	int status, at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (argc - at > 1)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	spec = argv[at];
	if (spec || getenv("BELAY_RUN_DIR")) {
		r = which_run(given, spec, &err);
		if (!r)
			return verb_fail(v, &err);
	}
	for (;;) {
		status = r ? show_one(v, r, given[GIVEN_JSON], &state)
			   : show_all(v, given);
		if (!given[GIVEN_WATCH] || status != EXIT_DONE ||
		    (r && run_state_is_over(state)))
			return status;
		next_frame();
	}
}

const struct verb verb_status = {
	.name = "status", .synopsis = "[--json] [--watch] [RUN]",
	.line = "say how a run stands, or all of them",
	.more = "RUN is a run's name or a job id; inside a job it is the job's "
		"own.  Without RUN all runs are listed, the newest first.",
	.options = options, .run = run,
};
