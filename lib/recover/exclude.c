/* SPDX-License-Identifier: Apache-2.0 */
/* exclude.c - the list of nodes that a job is to keep away from */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "recover/exclude.h"

struct lists {
	struct hosts current, before, wanted, result;
	int serving;		/* nodes left for the job; -1: unknown */
};

static void lists_free(struct lists *l)
{
	hosts_free(&l->current);
	hosts_free(&l->before);
	hosts_free(&l->wanted);
	hosts_free(&l->result);
}

static int parse(struct hosts *h, const char *text, struct belay_error *err)
{
	return hosts_parse(h, text ? text : "", err);
}

/* ---- what it costs ---- */

/* Known not to serve: it is not among the cluster's nodes that do. */
static bool is_away(const struct plan_input *in, const char *node)
{
	for (unsigned i = 0; i < in->n_nodes; i++)
		if (!strcmp(in->nodes[i].name, node))
			return in->nodes[i].down || in->nodes[i].drained;
	return false;
}

/* Is there room for one more without?  A job that does not fit any more waits
 * for ever, so a size that is not known has no room, but for a node that would
 * not serve anyway or is on the list already. */
static bool has_room(const struct plan_input *in, const struct lists *l,
		     const char *node)
{
	if (is_away(in, node))
		return true;
	if (l->serving < 0)
		return hosts_has(&l->current, node);
	return l->serving > (int)in->job->num_nodes;
}

static int add(const struct plan_input *in, struct lists *l, const char *node,
	       struct belay_error *err)
{
	if (l->serving > 0 && !is_away(in, node))
		l->serving--;
	return hosts_add(&l->result, node, err);
}

/* ---- whom ---- */

/* The person's own list: what is there without belay. */
static int keep_theirs(const struct plan_input *in, struct lists *l,
		       struct belay_error *err)
{
	for (size_t i = 0; i < l->current.n; i++)
		if (!hosts_has(&l->before, l->current.name[i]) &&
		    add(in, l, l->current.name[i], err) < 0)
			return -1;
	return 0;
}

static int by_latest(const void *a, const void *b)
{
	const struct left_out *x = *(const struct left_out *const *)a;
	const struct left_out *y = *(const struct left_out *const *)b;

	if (x->until_us != y->until_us)
		return x->until_us < y->until_us ? 1 : -1;
	return strcmp(x->node, y->node);
}

static bool is_candidate(const struct plan_input *in, const struct lists *l,
			 const struct left_out *who)
{
	return who->until_us > in->now * 1000000 &&
	       !hosts_has(&l->wanted, who->node) &&
	       !hosts_has(&l->result, who->node);
}

static int add_suspects(const struct plan_input *in, struct lists *l,
			struct belay_error *err)
{
	const struct decision *d = in->decision;
	int most = in->cluster_nodes * EXCLUDE_PERCENT / 100;
	_auto_free_ const struct left_out **who =
		calloc(d->n_left_out + 1, sizeof(*who));

	if (!who)
		return err_nomem(err);
	for (unsigned i = 0; i < d->n_left_out; i++)
		who[i] = &d->left_out[i];
	qsort(who, d->n_left_out, sizeof(*who), by_latest);
	if (most < 1)
		most = 1;
	for (unsigned i = 0; i < d->n_left_out; i++) {
		/* a size that is not known is no reason to let one in again */
		bool stays = l->serving < 0 &&
			     hosts_has(&l->current, who[i]->node);

		if (!is_candidate(in, l, who[i]) || (!stays && most <= 0) ||
		    !has_room(in, l, who[i]->node))
			continue;
		if (add(in, l, who[i]->node, err) < 0)
			return -1;
		most--;
	}
	return 0;
}

/* ---- the list ---- */

static bool same(const struct hosts *a, const struct hosts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!hosts_has(b, a->name[i]))
			return false;
	return true;
}

static int fill(const struct plan_input *in, struct lists *l,
		struct belay_error *err)
{
	if (parse(&l->current, in->job->exc_nodes, err) < 0 ||
	    parse(&l->wanted, in->job->req_nodes, err) < 0 ||
	    parse(&l->before, in->added_before, err) < 0 ||
	    keep_theirs(in, l, err) < 0)
		return -1;
	return add_suspects(in, l, err);
}

int exclude_list(const struct plan_input *in, char **list,
		 struct belay_error *err)
{
	struct lists l = { .serving = in->cluster_nodes ? in->cluster_nodes
							: -1 };
	struct buf text = { 0 };
	int rc = fill(in, &l, err);

	*list = NULL;
	if (rc == 0 && !same(&l.current, &l.result)) {
		hosts_format(&l.result, &text);
		buf_add(&text, "", 0);
		rc = text.failed ? err_nomem(err) : 0;
		if (rc == 0)
			*list = take_ptr(&text.data);
	}
	buf_free(&text);
	lists_free(&l);
	return rc;
}
