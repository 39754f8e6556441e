/* SPDX-License-Identifier: Apache-2.0 */
/* status_text.c - how a run stands, for people: at most 80 columns */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/belay/print.h"
#include "cmd/belay/status.h"
#include "journal/reports.h"

#define ATTEMPTS_SHOWN 20
#define BAR 20

static const char *colour_of(enum run_state s)
{
	switch (s) {
	case RUN_RUNNING:
	case RUN_COMPLETED:
		return print_colour(PRINT_GOOD);
	case RUN_HELD:
	case RUN_FAILED:
	case RUN_UNKNOWN:
		return print_colour(PRINT_BAD);
	default:
		return print_colour(PRINT_PLAIN);
	}
}

static void state_line(const struct facts *f)
{
	const struct attempt *a = run_newest(f->run);
	char span[PRINT_AGO];

	printf("state        %s%s%s", colour_of(f->state),
	       run_state_word(f->state), print_colour(PRINT_PLAIN));
	if (f->state == RUN_RUNNING)
		printf(" for %s, attempt %u",
		       print_span(a->begin->begin_us, 0, span), a->number);
	else if (a && a->end)
		printf(", attempt %u ended %s", a->number,
		       print_ago(a->end->end_us, span));
	else if (a)
		printf("; attempt %u began %s and left no end", a->number,
		       print_ago(a->begin->begin_us, span));
	putchar('\n');
	if (a && a->end && a->decided && f->state != RUN_COMPLETED)
		print_wrapped(a->decided->reason, 13);
}

static void bar(const struct facts *f, char out[BAR + 1])
{
	uint64_t done = f->total ? f->n[CHUNK_DONE] * BAR / f->total : 0;

	for (unsigned i = 0; i < BAR; i++)
		out[i] = i < done ? '#' : '.';
	out[BAR] = '\0';
}

static void chunk_lines(const struct facts *f)
{
	static const enum chunk_status also[] = { CHUNK_RUNNING,
						  CHUNK_RETRYING,
						  CHUNK_QUARANTINED };
	char drawn[BAR + 1];

	if (!f->total)
		return;
	bar(f, drawn);
	printf("chunks       [%s] %llu of %llu done\n", drawn,
	       (unsigned long long)f->n[CHUNK_DONE],
	       (unsigned long long)f->total);
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (f->n[also[i]])
			printf("             %llu %s\n",
			       (unsigned long long)f->n[also[i]],
			       chunk_status_word[also[i]]);
}

/* What the program says itself; what cannot be read now is left out. */
static void progress_line(const struct facts *f)
{
	char line[EVENT_TEXT], ago[PRINT_AGO];
	struct event e;

	if (progress_newest(f->run, &e, NULL) != 1)
		return;
	event_line(&e, line);
	printf("progress     %s, %s\n", line, print_ago(e.time_us, ago));
}

static void checkpoint_lines(const struct facts *f)
{
	const struct checkpoint *c = checkpoint_newest_good(&f->checkpoints);
	char ago[PRINT_AGO], size[16], all[16];

	if (!f->checkpoints.n)
		return;
	if (c)
		printf("checkpoint   %llu, %s, %s; %u in all, %s\n",
		       (unsigned long long)c->id,
		       print_ago(c->created_us, ago),
		       text_size(c->bytes, size), f->checkpoints.n,
		       text_size(f->bytes, all));
	else
		printf("checkpoint   %snone is good%s of %u\n",
		       print_colour(PRINT_BAD), print_colour(PRINT_PLAIN),
		       f->checkpoints.n);
}

static unsigned damaged_checkpoints(const struct facts *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->checkpoints.n; i++)
		n += f->checkpoints.c[i].damaged;
	return n;
}

static void trouble_lines(const struct facts *f)
{
	unsigned bad = damaged_checkpoints(f);

	if (bad)
		printf("damage       %u checkpoint%s; 'belay events' says "
		       "which\n", bad, bad == 1 ? "" : "s");
	if (f->chunks->damaged)
		printf("damage       %u journal%s; 'belay events' says where\n",
		       f->chunks->damaged, f->chunks->damaged == 1 ? "" : "s");
	if (f->late)
		printf("late         %llu record%s of fenced attempts, not "
		       "counted\n", (unsigned long long)f->late,
		       f->late == 1 ? "" : "s");
}

/* "node_fail n1", "failed 3": whom or what it points to. */
static void ended(const struct facts *f, const struct attempt *a, char *out,
		  size_t size)
{
	const struct end *e = a->end;

	if (!a->begin)
		snprintf(out, size, "never began");
	else if (e && !*e->suspects && (e->signal > 0 || e->exit_code > 0))
		snprintf(out, size, "%s %d", e->cause,
			 e->signal > 0 ? e->signal : e->exit_code);
	else if (e)
		snprintf(out, size, "%s%s%s", e->cause,
			 *e->suspects ? " " : "", e->suspects);
	else if (a->number == run_newest_number(f->run))
		snprintf(out, size, "%s", run_state_word(f->state));
	else
		snprintf(out, size, "no end recorded");
}

static void attempt_line(const struct facts *f, const struct attempt *a)
{
	const struct begin *b = a->begin;
	char ago[PRINT_AGO] = "-", span[PRINT_AGO] = "-", how[64];

	ended(f, a, how, sizeof(how));
	if (b)
		print_ago(b->begin_us, ago);
	if (b && (a->end || f->state == RUN_RUNNING))
		print_span(b->begin_us, a->end ? a->end->end_us : 0, span);
	printf("%7u  %-8.8s %-12.12s %10s %7s %7llu  %.20s\n", a->number,
	       b && b->job[0] ? b->job : "-", b ? b->nodes : "-", ago, span,
	       (unsigned long long)facts_chunks_done(f, a->number), how);
}

static void attempt_lines(const struct facts *f)
{
	unsigned n = f->run->n_attempts, i = 0;

	if (!n)
		return;
	puts("\nATTEMPT  JOB      NODES           STARTED  LASTED  CHUNKS  "
	     "ENDED");
	if (n > ATTEMPTS_SHOWN) {
		i = n - ATTEMPTS_SHOWN;
		printf("%7s  %u earlier ones\n", "...", i);
	}
	for (; i < n; i++)
		attempt_line(f, &f->run->attempts[i]);
}

void status_page(const struct facts *f)
{
	const struct run *r = f->run;

	printf("run          %.50s on %.16s\n", r->name, r->cluster);
	state_line(f);
	chunk_lines(f);
	progress_line(f);
	checkpoint_lines(f);
	trouble_lines(f);
	attempt_lines(f);
}

void status_table_head(void)
{
	puts("RUN                   STATE      ATTEMPT        CHUNKS  "
	     "CHECKPOINT  STARTED");
}

void status_table_line(const struct facts *f)
{
	const struct checkpoint *c = checkpoint_newest_good(&f->checkpoints);
	const struct attempt *a = run_newest(f->run);
	char chunks[32] = "-", id[24] = "-", ago[PRINT_AGO];

	if (f->total)
		snprintf(chunks, sizeof(chunks), "%llu/%llu",
			 (unsigned long long)f->n[CHUNK_DONE],
			 (unsigned long long)f->total);
	if (c)
		snprintf(id, sizeof(id), "%llu", (unsigned long long)c->id);
	printf("%-20.20s  %s%-9s%s  %7u  %12.12s  %10s  %s\n", f->run->name,
	       colour_of(f->state), run_state_word(f->state),
	       print_colour(PRINT_PLAIN), a ? a->number : 0, chunks, id,
	       print_ago(facts_begun_us(f), ago));
}
