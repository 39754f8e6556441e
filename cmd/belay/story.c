/* SPDX-License-Identifier: Apache-2.0 */
/* story.c - everything that happened to a run, from all that records it */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "checkpoint/checkpoint.h"
#include "cmd/belay/story.h"
#include "journal/event.h"

struct set_name {		/* what a journal's number of a set means */
	const char *writer;
	uint32_t set;
	char name[129];
};

struct telling {
	struct story *story;
	const struct story_options *opt;
	struct set_name *names;
	size_t n_names;
	struct belay_error *err;
};

void story_free(struct story *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->h[i].text);
	for (size_t i = 0; i < s->n_words; i++)
		free(s->words[i]);
	free(s->h);
	free(s->words);
	*s = (struct story){ 0 };
}

/* ---- adding ---- */

static struct happening *add(struct story *s, unsigned attempt, int64_t time_us,
			     const char *word, struct belay_error *err)
{
	struct happening *h = s->h;

	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		h = realloc(s->h, s->cap * sizeof(*h));
		if (!h) {
			err_nomem(err);
			return NULL;
		}
		s->h = h;
	}
	h = &s->h[s->n];
	*h = (struct happening){ .attempt = attempt, .time_us = time_us,
				 .order = s->n, .writer = "" };
	snprintf(h->word, sizeof(h->word), "%s", word);
	s->n++;
	return h;
}

__attribute__((format(printf, 6, 7)))
static int tell(struct story *s, unsigned attempt, int64_t time_us,
		const char *word, struct belay_error *err, const char *fmt, ...)
{
	struct happening *h = add(s, attempt, time_us, word, err);
	va_list ap;
	int n;

	if (!h)
		return -1;
	va_start(ap, fmt);
	n = vasprintf(&h->text, fmt, ap);
	va_end(ap);
	if (n < 0)
		h->text = NULL;
	return n < 0 ? err_nomem(err) : 0;
}

/* ---- attempts ---- */

static int tell_begin(struct story *s, const struct attempt *a,
		      struct belay_error *err)
{
	const struct begin *b = a->begin;
	int rc;

	if (!b && a->voided && *a->voided->job)
		return tell(s, a->number, a->voided->begin_us, "claim", err,
			    "claimed, and never began; job %s made it void",
			    a->voided->job);
	if (!b)
		return tell(s, a->number, 0, "claim", err,
			    "claimed, and never began");
	rc = tell(s, a->number, b->begin_us, "begin", err, "%s%s%s%s%s",
		  b->action, *b->job ? ", job " : "", b->job,
		  *b->nodes ? ", on " : "", b->nodes);
	if (rc == 0)
		s->h[s->n - 1].begins = true;
	return rc;
}

static int tell_end(struct story *s, const struct attempt *a,
		    struct belay_error *err)
{
	const struct end *e = a->end;
	const struct decided *d = a->decided;

	if (e && tell(s, a->number, e->end_us, "end", err, "%s%s%s (%s on %s)",
		      e->cause, *e->suspects ? ", suspected: " : "",
		      e->suspects, e->by, e->host) < 0)
		return -1;
	for (unsigned i = 0; e && i < e->n_evidence; i++)
		if (tell(s, a->number, e->end_us, "evidence", err, "%s",
			 e->evidence[i]) < 0)
			return -1;
	if (!d)
		return 0;
	return tell(s, a->number, d->decided_us, "decision", err,
		    "%s by rule '%s': %s (%s on %s)", d->action, d->rule,
		    d->reason, d->by, d->host);
}

/* ---- journals ---- */

static const char *intern(struct story *s, const char *word)
{
	char **grown;

	for (size_t i = s->n_words; i-- > 0;)
		if (!strcmp(s->words[i], word))
			return s->words[i];
	grown = realloc(s->words, (s->n_words + 1) * sizeof(*grown));
	if (!grown)
		return "";
	s->words = grown;
	grown[s->n_words] = strdup(word);
	return grown[s->n_words] ? grown[s->n_words++] : "";
}

static int kind_of(enum event_type type)
{
	return type == EVENT_CHUNK_BEGIN ? COUNT_BEGUN :
	       type == EVENT_CHUNK_DONE ? COUNT_DONE :
	       type == EVENT_BEAT || type == EVENT_PROGRESS ? COUNT_BEAT :
	       TOLD;
}

/* Of what will be folded into one line only the number is needed. */
static bool is_folded(const struct story_options *opt,
		      const struct happening *h)
{
	return h->late ? !opt->late : !opt->all && h->kind != TOLD;
}

static int name_set(struct telling *t, const char *writer,
		    const struct event *e)
{
	struct set_name *grown = realloc(t->names, (t->n_names + 1) *
					 sizeof(*grown));

	if (!grown)
		return err_nomem(t->err);
	t->names = grown;
	grown += t->n_names++;
	*grown = (struct set_name){ .writer = writer, .set = e->set };
	memcpy(grown->name, e->name, sizeof(grown->name));
	return 0;
}

static const char *set_of(const struct telling *t, const char *writer,
			  const struct event *e)
{
	for (size_t i = t->n_names; i-- > 0;)
		if (t->names[i].set == e->set && t->names[i].writer == writer)
			return t->names[i].name;
	return "?";
}

static void place(struct telling *t, struct happening *h,
		  const struct event *e)
{
	if (e->type < EVENT_CHUNK_BEGIN || e->type > EVENT_CHUNK_GIVE_UP)
		return;
	h->set = intern(t->story, set_of(t, h->writer, e));
	h->chunk = e->chunk;
	h->node = intern(t->story, e->node);
}

/* Chunks of any set but the usual one are told with its name. */
static int put_line(struct telling *t, struct happening *h,
		    const struct event *e)
{
	const char *set = h->set && strcmp(h->set, "main") ? h->set : "";
	char line[EVENT_TEXT];

	event_line(e, line);
	if (asprintf(&h->text, "%s%s%s", set, *set ? ": " : "", line) < 0) {
		h->text = NULL;
		return err_nomem(t->err);
	}
	return 0;
}

static int tell_record(const struct record *rec, void *arg)
{
	struct telling *t = arg;
	struct event e = { 0 };
	int known = event_decode(rec, &e, t->err);
	struct happening *h;

	if (known <= 0)		/* a newer belay's: its own belay tells it */
		return known;
	h = add(t->story, rec->attempt, rec->time_us, event_word(rec->type),
		t->err);
	if (!h)
		return -1;
	h->late = rec->late;
	h->sequence = rec->seq;
	h->writer = intern(t->story, rec->writer);
	h->kind = kind_of(e.type);
	if (e.type == EVENT_SET && name_set(t, h->writer, &e) < 0)
		return -1;
	if (is_folded(t->opt, h))
		return 0;
	place(t, h, &e);
	return put_line(t, h, &e);
}

static void tell_damage(unsigned attempt, const char *journal,
			const struct journal_end *end, void *arg)
{
	struct telling *t = arg;

	tell(t->story, attempt, INT64_MAX, "damage", t->err,
	     "journal %s is %s after %llu bytes: %s", journal,
	     journal_state_word(end->state), (unsigned long long)end->length,
	     end->reason);
}

/* ---- checkpoints ---- */

/* "1 file, 2 B", or "2 ranks, 16.0 K, 8.1 K written for it". */
static void content(const struct checkpoint *c, char *out, size_t size)
{
	unsigned n = c->ranks ? c->ranks : c->n_files;
	char bytes[16], stored[16];

	snprintf(out, size, "%u %s%s, %s%s%s%s", n, c->ranks ? "rank" : "file",
		 n == 1 ? "" : "s", text_size(c->bytes, bytes),
		 c->ranks ? ", " : "",
		 c->ranks ? text_size(c->stored, stored) : "",
		 c->ranks ? " written for it" : "");
}

static int tell_checkpoint(struct story *s, const struct checkpoint *c,
			   struct belay_error *err)
{
	char holds[80];

	content(c, holds, sizeof(holds));
	if (c->created_us &&
	    tell(s, c->attempt, c->created_us, "checkpoint", err,
		 "%llu published: %s%s%s", (unsigned long long)c->id, holds,
		 *c->label ? ", " : "", c->label) < 0)
		return -1;
	if (s->n && c->created_us)
		s->h[s->n - 1].late = c->late;
	if (!c->damaged)
		return 0;
	return tell(s, c->attempt, INT64_MAX, "damage", err,
		    "checkpoint %llu: %s", (unsigned long long)c->id,
		    c->reason);
}

static int tell_checkpoints(struct run *r, struct story *s,
			    struct belay_error *err)
{
	struct checkpoint_list list;
	int rc = checkpoint_list(r, &list, err);

	for (unsigned i = 0; rc == 0 && i < list.n; i++)
		rc = tell_checkpoint(s, &list.c[i], err);
	checkpoint_list_free(&list);
	return rc;
}

/* ---- in order ---- */

static int in_order(const void *a, const void *b)
{
	const struct happening *x = a, *y = b;

	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	if (x->begins != y->begins)
		return x->begins ? -1 : 1;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* One line for the n happenings from h on, which have no text of their own. */
static void count(struct happening *h, const struct happening *all, size_t n)
{
	size_t of[COUNTS] = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		of[all[i].kind]++;
	snprintf(h->word, sizeof(h->word), "%s", h->late ? "late" :
		 of[COUNT_BEAT] == n ? "beats" : "chunks");
	if (h->late)
		rc = asprintf(&h->text, "%zu record%s after the next attempt "
			      "began", n, n == 1 ? "" : "s");
	else if (of[COUNT_BEAT] == n)
		rc = asprintf(&h->text, "%zu", n);
	else
		rc = asprintf(&h->text, "%zu begun, %zu done", of[COUNT_BEGUN],
			      of[COUNT_DONE]);
	if (rc < 0)
		h->text = NULL;
}

static bool counts_with(const struct happening *a, const struct happening *b)
{
	return !b->text && a->attempt == b->attempt && a->late == b->late &&
	       (a->late ||
		(a->kind == COUNT_BEAT) == (b->kind == COUNT_BEAT));
}

/* Neighbours that are only counted become one. */
static void fold(struct story *s)
{
	size_t kept = 0, n;

	for (size_t i = 0; i < s->n; i += n) {
		struct happening h = s->h[i];

		for (n = 0; i + n < s->n && counts_with(&h, &s->h[i + n]); n++)
			;
		if (n)
			count(&h, &s->h[i], n);
		else
			n = 1;
		s->h[kept++] = h;
	}
	s->n = kept;
}

static int tell_all(struct run *r, struct telling *t)
{
	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		if (tell_begin(t->story, a, t->err) < 0 ||
		    journal_read(r, a->number, JOURNAL_WITH_LATE, tell_record,
				 t, tell_damage, t->err) < 0 ||
		    tell_end(t->story, a, t->err) < 0)
			return -1;
	}
	return tell_checkpoints(r, t->story, t->err);
}

int story_load(struct run *r, const struct story_options *opt,
	       struct story *s, struct belay_error *err)
{
	struct telling t = { .story = s, .opt = opt, .err = err };

	int rc = tell_all(r, &t);

	free(t.names);
	if (rc < 0)
		return -1;
	if (s->n)
		qsort(s->h, s->n, sizeof(*s->h), in_order);
	fold(s);
	return 0;
}
