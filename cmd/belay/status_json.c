/* SPDX-License-Identifier: Apache-2.0 */
/* status_json.c - how a run stands, for programs: keys are never renamed */

#include <stdio.h>

#include "cmd/belay/status.h"

static void put_text(struct json_out *o, const char *key, const char *text)
{
	json_put_str(o, key, text && *text ? text : NULL);
}

static void attempt_json(const struct facts *f, const struct attempt *a,
			 struct json_out *o)
{
	const struct begin *b = a->begin;
	const struct end *e = a->end;

	json_open(o, NULL, '{');
	json_put_u64(o, "attempt", a->number);
	put_text(o, "job", b ? b->job : NULL);
	json_put_u64(o, "restart", b ? b->restart : 0);
	put_text(o, "nodes", b ? b->nodes : NULL);
	json_put_time(o, "begin", b ? b->begin_us : 0);
	json_put_time(o, "end", e ? e->end_us : 0);
	put_text(o, "cause", e ? e->cause : NULL);
	json_put_str(o, "suspects", e ? e->suspects : NULL);
	put_text(o, "action", b ? b->action : NULL);
	put_text(o, "rule", a->decided ? a->decided->rule : NULL);
	json_put_u64(o, "chunks_done", facts_chunks_done(f, a->number));
	json_close(o, '}');
}

static void chunks_json(const struct facts *f, struct json_out *o)
{
	json_open(o, "chunks", '{');
	json_put_u64(o, "total", f->total);
	json_put_u64(o, "done", f->n[CHUNK_DONE]);
	json_put_u64(o, "running", f->n[CHUNK_RUNNING]);
	json_put_u64(o, "retrying", f->n[CHUNK_RETRYING]);
	json_put_u64(o, "quarantined", f->n[CHUNK_QUARANTINED]);
	json_close(o, '}');
}

static void put_id(struct json_out *o, const char *key,
		   const struct checkpoint *c)
{
	char id[24] = "";

	if (c)
		snprintf(id, sizeof(id), "%llu", (unsigned long long)c->id);
	put_text(o, key, id);
}

static void checkpoints_json(const struct facts *f, struct json_out *o)
{
	const struct checkpoint_list *list = &f->checkpoints;

	json_open(o, "checkpoints", '{');
	json_put_u64(o, "count", list->n);
	put_id(o, "newest", list->n ? &list->c[list->n - 1] : NULL);
	put_id(o, "newest_good", checkpoint_newest_good(list));
	json_put_u64(o, "bytes", f->bytes);
	json_close(o, '}');
}

void status_json(const struct facts *f, struct json_out *o)
{
	const struct run *r = f->run;

	json_open(o, NULL, '{');
	json_put_str(o, "run", r->name);
	json_put_str(o, "state", run_state_word(f->state));
	json_open(o, "attempts", '[');
	for (unsigned i = 0; i < r->n_attempts; i++)
		attempt_json(f, &r->attempts[i], o);
	json_close(o, ']');
	chunks_json(f, o);
	checkpoints_json(f, o);
	json_close(o, '}');
}
