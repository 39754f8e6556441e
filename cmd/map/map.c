/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - 'belay map': run every chunk of a set that is not done */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/map/coordinator.h"
#include "cmd/map/map.h"
#include "cmd/map/nodes.h"

/* ---- the command line --------------------------------------------------- */

enum {
	OPT_SLOTS, OPT_SET, OPT_CHUNKS, OPT_FROM, OPT_INTO, OPT_OUTPUT,
	OPT_RETRIES, OPT_TIMEOUT, OPT_RUN, OPT_ROOT,
};

static const struct verb_option options[] = {
	[OPT_SLOTS] = { "jobs", 'j', "N", "run N chunks at a time on each "
			"node; default: its CPUs" },
	[OPT_SET] = { "set", 0, "NAME", "the name of the set; default: main" },
	[OPT_CHUNKS] = { "chunks", 0, "N", "chunks are numbered 0 to N-1" },
	[OPT_FROM] = { "from", 0, "FILE", "a chunk is a line of FILE, or of "
		       "stdin with '-'; empty lines are none" },
	[OPT_INTO] = { "into", 0, "DIR", "files in $BELAY_CHUNK_TMP come here "
		       "when their chunk is done; default: ." },
	[OPT_OUTPUT] = { "output", 0, "DIR", "keep what chunks print as "
			 "DIR/SET.CHUNK.out and .err too" },
	[OPT_RETRIES] = { "retries", 0, "N", "try a failed chunk N times more; "
			  "default: the policy's" },
	[OPT_TIMEOUT] = { "timeout", 0, "T", "end a chunk after T, such as 90s "
			  "or 2h; 0: never; default: the policy's" },
	[OPT_RUN] = { "run", 0, "NAME", "the run to record in" },
	[OPT_ROOT] = { "root", 0, "DIR", "where runs are kept; default: "
		       "$BELAY_ROOT or ~/.belay" },
	{ 0 }
};

struct request {		/* what was asked for */
	struct session_spec session;
	struct work work;
	const char *from;
	bool numbered;
	uint64_t chunks;
	int retries;		/* -1: as the policy says */
	double timeout_s;	/* -1: the same */
};

#define NOT_A_NAME "not a name; use A-Z a-z 0-9 . _ @ + = -, the first " \
	"neither . nor -"

/* 0, or what is wrong with the argument of an option. */
static const char *take_number(struct request *q, int option, const char *arg)
{
	uint64_t n;

	switch (option) {
	case OPT_SLOTS:
		if (text_u64(arg, 4096, &n) < 0 || !n)
			return "not a number from 1 to 4096";
		q->work.slots = (unsigned)n;
		return NULL;
	case OPT_CHUNKS:
		if (text_u64(arg, CHUNK_COUNT_MAX, &q->chunks) < 0)
			return "not a number up to 1073741824";
		q->numbered = true;
		return NULL;
	case OPT_RETRIES:
		if (text_u64(arg, 1000, &n) < 0)
			return "not a number up to 1000";
		q->retries = (int)n;
		return NULL;
	default:
		return text_seconds(arg, &q->timeout_s) < 0 ?
		       "not a time; say 90s, 10m or 2h" : NULL;
	}
}

static const char *take_option(struct request *q, int option, const char *arg)
{
	switch (option) {
	case OPT_SET:
		q->work.set = q->session.set = arg;
		return text_is_name(arg) ? NULL : NOT_A_NAME;
	case OPT_FROM:
		q->from = arg;
		return NULL;
	case OPT_INTO:
		q->work.into = arg;
		return NULL;
	case OPT_OUTPUT:
		q->work.output = arg;
		return NULL;
	case OPT_RUN:
		q->session.run = arg;
		return text_is_name(arg) ? NULL : NOT_A_NAME;
	case OPT_ROOT:
		q->session.root = arg;
		return NULL;
	default:
		return take_number(q, option, arg);
	}
}

/* 0 with the command in *command and *n, or -1 with *status. */
static int parse(const struct verb *v, int argc, char **argv,
		 struct request *q, char ***command, int *status)
{
	const char *arg, *wrong;
	int at = 1, option;

	while ((option = verb_next_option(v, argc, argv, &at, &arg)) >= 0) {
		wrong = take_option(q, option, arg);
		if (!wrong)
			continue;
		*status = verb_usage(v, "--%s: %s: '%s'", options[option].name,
				     wrong, arg);
		return -1;
	}
	*command = argv + at;
	if (option < -1)
		*status = verb_option_status(option);
	else if (q->numbered == !!q->from)
		*status = verb_usage(v, "say either --chunks N or --from FILE");
	else if (at == argc)
		*status = verb_usage(v, "which command? write it behind '--'");
	else
		return 0;
	return -1;
}

/* ---- running ------------------------------------------------------------ */

static int load_items(const struct request *q, struct items *items,
		      struct belay_error *err)
{
	if (q->from)
		return items_load(items, q->from, err);
	items_number(items, q->chunks);
	return 0;
}

static void say_slots(const struct nodes *nodes)
{
	unsigned slots = nodes->even ? nodes->slots / nodes->n : nodes->slots;

	if (nodes->n > 1)
		fprintf(stderr, "%u nodes x ", nodes->n);
	fprintf(stderr, "%u slot%s%s\n", slots, slots == 1 ? "" : "s",
		nodes->even ? "" : " in all");
}

/* An own run is named: 'belay status' and the others ask for it. */
static void say_start(const struct session *s, const struct chunk_set *set,
		      const struct nodes *nodes)
{
	unsigned long long count = set->count, done = set->n[CHUNK_DONE];

	fputs("belay map: ", stderr);
	if (s->own)
		fprintf(stderr, "run %s: ", s->name);
	fprintf(stderr, "%llu chunk%s, %llu done before, %llu to do on ",
		count, count == 1 ? "" : "s", done,
		count - done - set->n[CHUNK_QUARANTINED]);
	say_slots(nodes);
}

static void say_quarantined(const struct request *q, const struct session *s,
			    const struct chunk_set *set)
{
	unsigned long long n = set->n[CHUNK_QUARANTINED];
	const char *root = q->session.root;

	fprintf(stderr, "belay map: %llu chunk%s quarantined", n,
		n == 1 ? " is" : "s are");
	if (s->run)
		fprintf(stderr, "; see 'belay chunk list%s%s --run %s "
			"--status quarantined'", s->own && root ? " --root " :
			"", s->own && root ? root : "", s->name);
	fputc('\n', stderr);
}

static void say_end(const struct request *q, const struct session *s,
		    const struct chunk_set *set, int status)
{
	if (status == EXIT_QUARANTINED)
		say_quarantined(q, s, set);
	if (status == EXIT_UNFINISHED)
		fprintf(stderr, "belay map: not finished; the same command "
			"line %s\n", s->run ? "goes on from here" :
			"starts from nothing, for nothing is recorded");
}

/* Where workers on other nodes look for us: the attempt's directory, or this
 * one when nothing is recorded. */
static int find_meeting(const struct session *s, char out[PATH_MAX],
			struct belay_error *err)
{
	if (!s->run)
		return getcwd(out, PATH_MAX) ? 0 :
		       err_sys(err, "cannot tell where this is");
	return text_format(out, PATH_MAX, "%s/attempts/%06u", s->run->dir,
			   s->attempt) < 0 ?
	       err_set(err, BELAY_EINVAL, "path is too long: '%s'",
		       s->run->dir) : 0;
}

static int run_set(struct request *q, struct session *s,
		   const struct items *items, int *signal,
		   struct belay_error *err)
{
	struct chunk_set *set = session_define(s->state, &q->session, err);
	char meeting[PATH_MAX];
	struct nodes nodes;
	int status;

	if (!set || nodes_look(&nodes, q->work.slots, err) < 0 ||
	    find_meeting(s, meeting, err) < 0)
		return -1;
	q->work.nodes = nodes.n;
	q->work.cpus = nodes.cpus;
	q->work.nodelist = nodes.list;
	q->work.meeting = meeting;
	q->work.run = s->name;
	q->work.attempt = s->attempt;
	q->work.timeout_s = q->timeout_s < 0 ? s->chunk_timeout_s :
			    q->timeout_s;
	say_start(s, set, &nodes);
	status = coordinator_run(&(struct coordinator_spec){
		.session = s, .set = set, .items = items, .work = &q->work,
		.max_tries = q->retries < 0 ? s->chunk_attempts :
			     q->retries + 1,
		.make_crew = nodes.n > 1 ? crew_remote : crew_local,
	}, signal, err);
	say_end(q, s, set, status);
	return status;
}

/* A newer attempt goes on; a full disk has room some other day. */
static bool is_worth_another(const struct belay_error *err)
{
	return err->code == BELAY_EFENCED || err_is_no_room(err);
}

static int run_session(struct request *q, const struct items *items,
		       struct belay_error *err)
{
	struct session s = { 0 };
	struct belay_error why;
	int status = -1, signal = 0, ended;

	q->session.items = items;
	if (session_open(&s, &q->session, err) == 0)
		status = run_set(q, &s, items, &signal, err);
	ended = status >= 0 ? status :
		is_worth_another(err) ? EXIT_UNFINISHED : EXIT_FAILED;
	if (s.attempt && session_end(&s, ended, signal, &why) < 0)
		fprintf(stderr, "belay map: how it ended is not recorded: %s\n",
			why.text);
	session_close(&s);
	return status;
}

static int run(const struct verb *v, int argc, char **argv)
{
	struct command command = { 0 };
	struct items items = { 0 };
	struct request q = {
		.session = { .set = "main", .command = &command },
		.work = { .set = "main", .command = &command },
		.retries = -1, .timeout_s = -1,
	};
	struct belay_error err;
	char **words;
	int status;

	if (parse(v, argc, argv, &q, &words, &status) < 0)
		return status;
	status = -1;
	if (command_init(&command, words, (unsigned)(argv + argc - words),
			 &err) == 0 &&
	    command_find(&command, &err) == 0 &&
	    load_items(&q, &items, &err) == 0)
		status = run_session(&q, &items, &err);
	if (status < 0) {
		status = verb_refuse(v, &err);
		if (is_worth_another(&err))
			status = EXIT_UNFINISHED;
	}
	items_free(&items);
	command_fini(&command);
	return status;
}

const struct verb verb_map = {
	.name = "map",
	.synopsis = "[OPTION...] (--chunks N | --from FILE) -- CMD [ARG...]",
	.line = "run a command for every chunk that is not done",
	.more =
"Every {} in the arguments becomes the chunk's number or line; without any,\n"
"that is the last argument.  No shell sees it.  A chunk is done when CMD ends\n"
"with 0 and that is recorded; the same command line in the same directory\n"
"then does only what is left.\n"
"\n"
"CMD finds BELAY_SET, BELAY_CHUNK, BELAY_SLOT and BELAY_CHUNK_TMP in its\n"
"environment.  Files that it writes into $BELAY_CHUNK_TMP come into --into\n"
"when the chunk is done, and never by halves.\n"
"\n"
"Exit status: 0 all done; 65 all but quarantined chunks; 75 not finished, worth\n"
"another attempt; 1 failed; 2 wrong usage.",
	.options = options, .run = run, .command = true,
};
