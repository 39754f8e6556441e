/* SPDX-License-Identifier: Apache-2.0 */
/* verb_why.c - the story of a run, in sentences */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cause/cause.h"
#include "cmd/belay/print.h"
#include "cmd/belay/status.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_NEXT, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_PLACE,
	{ "json", 0, NULL, "an object" },
	{ 0 }
};

/* "2026-11-23 14:03:22 UTC" */
static const char *when(int64_t wall_us, char out[CLOCK_ISO])
{
	clock_iso(wall_us, out);
	if (strlen(out) < 19)
		return "at an unknown time";
	out[10] = ' ';
	memcpy(out + 19, " UTC", 5);
	return out;
}

/* ---- an attempt ---- */

static void tell_begin(const struct facts *f, const struct attempt *a,
		       const struct attempt *before)
{
	const struct begin *b = a->begin;
	char time[CLOCK_ISO], span[PRINT_AGO];

	printf("Attempt %u began ", a->number);
	if (before && before->end)
		printf("%s after attempt %u had ended",
		       print_span(before->end->end_us, b->begin_us, span),
		       before->number);
	else
		printf("on %s", when(b->begin_us, time));
	if (b->job[0])
		printf(", as job %s", b->job);
	if (b->nodes[0])
		printf(", on %s", b->nodes);
	if (b->checkpoint)
		printf(", from checkpoint %llu",
		       (unsigned long long)b->checkpoint);
	if (f->total && b->chunks_done <= f->total)
		printf(", %llu of %llu chunks left",
		       (unsigned long long)(f->total - b->chunks_done),
		       (unsigned long long)f->total);
	puts(".");
}

static void tell_work(const struct facts *f, const struct attempt *a)
{
	uint64_t done = facts_chunks_done(f, a->number);
	const struct checkpoint *newest = NULL;

	for (unsigned i = 0; i < f->checkpoints.n; i++)
		if (f->checkpoints.c[i].attempt == a->number)
			newest = &f->checkpoints.c[i];
	if (done)
		printf("  It finished %llu chunk%s.\n",
		       (unsigned long long)done, done == 1 ? "" : "s");
	if (newest)
		printf("  Its newest checkpoint is %llu.\n",
		       (unsigned long long)newest->id);
}

static void tell_status(const struct end *e)
{
	if (e->signal > 0)
		printf(", signal %d (%s)", e->signal, strsignal(e->signal));
	else if (e->exit_code > 0)
		printf(", exit status %d", e->exit_code);
}

static void tell_no_end(const struct facts *f, const struct attempt *a)
{
	char span[PRINT_AGO];

	if (a != run_newest(f->run))
		puts("  It left no end.");
	else if (f->state == RUN_RUNNING)
		printf("  It has been running for %s.\n",
		       print_span(a->begin->begin_us, 0, span));
	else if (!a->begin->job[0])
		puts("  Its process is gone and left no end.");
	else if (f->state == RUN_UNKNOWN)
		puts("  It left no end, and Slurm does not know the job.");
	else
		puts("  It left no end; Slurm says that it is over.");
}

static void tell_end(const struct facts *f, const struct attempt *a)
{
	const struct end *e = a->end;
	char span[PRINT_AGO];

	if (!e) {
		tell_no_end(f, a);
		return;
	}
	/* who vanished told nobody when: the time is the next start's */
	print_span(a->begin->begin_us, e->end_us, span);
	printf(cause_of_word(e->cause) == CAUSE_VANISHED ?
	       "  It was found gone %s after it had begun: %s (%s" :
	       "  It ended after %s: %s (%s", span,
	       cause_sentence(cause_of_word(e->cause)), e->cause);
	tell_status(e);
	puts(").");
	for (unsigned i = 0; i < e->n_evidence; i++)
		printf("    - %s\n", e->evidence[i]);
	if (*e->suspects)
		printf("  Suspected: %s.\n", e->suspects);
}

/* That nothing is to be done about success goes without saying. */
static void tell_decision(const struct attempt *a)
{
	const struct decided *d = a->decided;
	char time[CLOCK_ISO];

	if (!d || (a->end && !strcmp(a->end->cause, "completed")))
		return;
	printf("  Decision: %s: %s", d->action, d->reason);
	if (!strstr(d->reason, d->rule))
		printf(" (rule '%s')", d->rule);
	puts(".");
	for (unsigned i = 0; i < d->n_exclude; i++)
		printf("    - %s is left out until %s\n", d->exclude[i].node,
		       when(d->exclude[i].until_us, time));
	if (!d->counts)
		puts("  It does not count against the number of attempts.");
	else if (d->attempts_left >= 0)
		printf("  %d attempt%s left.\n", d->attempts_left,
		       d->attempts_left == 1 ? " is" : "s are");
}

static void tell_attempt(const struct facts *f, const struct attempt *a,
			 const struct attempt *before)
{
	putchar('\n');
	if (!a->begin) {
		printf("Attempt %u was claimed and never began", a->number);
		if (a->voided && *a->voided->job)
			printf("; job %s made it void", a->voided->job);
		puts(".");
		return;
	}
	tell_begin(f, a, before);
	tell_work(f, a);
	tell_end(f, a);
	tell_decision(a);
}

/* ---- what now ---- */

/* Slurm was asked, if it could be asked from here. */
static void advise_running(const struct run *r, const char *job)
{
	printf("Watch it with 'belay status --watch %s'.\n", r->name);
	if (*job)
		printf("If 'squeue -j %s' does not know it any more, it died "
		       "unrecorded:\nsubmit it with --belay-run=%s.\n", job,
		       r->name);
}

/* What is quarantined stays so: to say "continues" would be a lie. */
static void advise_quarantined(const struct run *r)
{
	printf("Only quarantined chunks are left, and this run does not try "
	       "them again;\n'belay chunk list --run %s --status quarantined' "
	       "lists them.\nAnother run or another set (--run, --set) begins "
	       "anew, with all chunks.\n", r->name);
}

static void advise_over(const struct facts *f, const char *job)
{
	const struct run *r = f->run;
	uint64_t given_up = f->n[CHUNK_QUARANTINED];

	if (given_up && f->n[CHUNK_DONE] + given_up == f->total) {
		advise_quarantined(r);
		return;
	}
	printf("%s %s continues where it stopped.\n",
	       f->state == RUN_CANCELLED ? "The" : "See to the cause; the",
	       *job ? "same job" : "same command");
	if (*job)
		printf("Submit it with --belay-run=%s.\n", r->name);
}

static void advise(const struct facts *f)
{
	const struct run *r = f->run;
	const struct attempt *a = run_newest(r);
	const char *job = a ? a->begin->job : "";

	switch (f->state) {
	case RUN_PENDING:
		puts("No attempt has begun yet.");
		break;
	case RUN_RUNNING:
		advise_running(r, job);
		break;
	case RUN_WAITING:
		if (*job)
			printf("Slurm starts it again; 'squeue -j %s' shows "
			       "when, 'scancel %s' stops it.\n", job, job);
		else
			puts("The same command continues it.");
		break;
	case RUN_HELD:
		if (*job)
			printf("It waits for you: see to the cause, then "
			       "'scontrol release %s'.\n", job);
		else
			puts("It waits for you: see to the cause, then give "
			     "the same command again.");
		break;
	case RUN_COMPLETED:
		if (f->n[CHUNK_QUARANTINED])
			advise_quarantined(r);
		else
			puts("Nothing is left to do.");
		break;
	case RUN_FAILED:
	case RUN_CANCELLED:
	case RUN_UNKNOWN:
		advise_over(f, job);
		break;
	}
}

static const char *const standing[] = {
	[RUN_PENDING] = "has not begun", [RUN_RUNNING] = "is running",
	[RUN_WAITING] = "waits to be started again",
	[RUN_COMPLETED] = "is completed", [RUN_HELD] = "is held",
	[RUN_FAILED] = "has failed", [RUN_CANCELLED] = "was cancelled",
	[RUN_UNKNOWN] = "left no end",
};

static void tell(const struct facts *f)
{
	const struct attempt *before = NULL;
	const struct run *r = f->run;

	printf("Run %s on %s %s.", r->name, r->cluster, standing[f->state]);
	printf("  %u attempt%s so far; its policy is %s.\n", r->n_attempts,
	       r->n_attempts == 1 ? "" : "s",
	       r->preset[0] ? r->preset : "not known");
	for (unsigned i = 0; i < r->n_attempts; i++) {
		tell_attempt(f, &r->attempts[i], before);
		if (r->attempts[i].begin)
			before = &r->attempts[i];
	}
	putchar('\n');
	advise(f);
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_facts_ struct facts f = { 0 };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (argc - at > 1)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	r = which_run(given, argv[at], &err);
	if (!r || facts_load(r, &f, &err) < 0)
		return verb_fail(v, &err);
	if (given[GIVEN_JSON])
		return why_json(&f);
	tell(&f);
	return EXIT_DONE;
}

const struct verb verb_why = {
	.name = "why", .synopsis = "[--json] [RUN]",
	.line = "tell why a run was restarted, attempt by attempt",
	.options = options, .run = run,
};
