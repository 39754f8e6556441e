/* SPDX-License-Identifier: Apache-2.0 */
/* reports.c - what programs have said of nodes and of their progress */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "journal/reports.h"

static struct node_told *find(const struct node_reports *l, const char *node)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->at[i].node, node))
			return &l->at[i];
	return NULL;
}

static struct node_told *make(struct node_reports *l, const char *node)
{
	struct node_told *grown = realloc(l->at, (l->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	l->at = grown;
	grown += l->n++;
	*grown = (struct node_told){ .time_us = INT64_MIN };
	snprintf(grown->node, sizeof(grown->node), "%s", node);
	return grown;
}

int node_reports_add(struct node_reports *l, const char *node, int64_t time_us,
		     bool failed, const char *reason)
{
	struct node_told *t = find(l, node);

	if (!t)
		t = make(l, node);
	if (!t)
		return err_nomem(l->err);
	if (time_us < t->time_us)
		return 0;
	t->time_us = time_us;
	t->failed = failed;
	snprintf(t->reason, sizeof(t->reason), "%s", reason);
	return 0;
}

static int see(const struct record *rec, void *arg)
{
	struct event e;

	if (rec->type != EVENT_NODE || event_decode(rec, &e, NULL) <= 0)
		return 0;
	return node_reports_add(arg, e.node, e.time_us, e.kind == NODE_FAILED,
				e.text);
}

int node_reports_read(struct node_reports *l, struct run *r, unsigned n,
		      struct belay_error *err)
{
	l->err = err;
	return journal_read(r, n, JOURNAL_SKIP_LATE, see, l, NULL, err);
}

void node_reports_free(struct node_reports *l)
{
	free(l->at);
	*l = (struct node_reports){ 0 };
}

/* ---- progress ---- */

struct furthest {
	struct event *e;
	bool found;
};

static int see_progress(const struct record *rec, void *arg)
{
	struct furthest *f = arg;
	struct event e;

	if (rec->type != EVENT_PROGRESS || event_decode(rec, &e, NULL) <= 0 ||
	    (f->found && e.iteration < f->e->iteration))
		return 0;
	f->found = true;
	*f->e = e;
	return 0;
}

int progress_newest(struct run *r, struct event *e, struct belay_error *err)
{
	struct furthest f = { .e = e };

	for (unsigned i = r->n_attempts; i-- > 0 && !f.found;)
		if (journal_read(r, r->attempts[i].number, JOURNAL_SKIP_LATE,
				 see_progress, &f, NULL, err) < 0)
			return -1;
	return f.found;
}
