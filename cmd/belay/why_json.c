/* SPDX-License-Identifier: Apache-2.0 */
/* why_json.c - attempts, their ends and what was decided, for programs */

#include <stdio.h>

#include "cmd/belay/print.h"
#include "cmd/belay/status.h"

static void put_text(struct json_out *o, const char *key, const char *text)
{
	json_put_str(o, key, text && *text ? text : NULL);
}

static void put_code(struct json_out *o, const char *key, int code)
{
	if (code < 0)
		json_put_null(o, key);
	else
		json_put_i64(o, key, code);
}

static void begin_json(const struct begin *b, struct json_out *o)
{
	char id[24] = "";

	if (b->checkpoint)
		snprintf(id, sizeof(id), "%llu",
			 (unsigned long long)b->checkpoint);
	put_text(o, "job", b->job);
	json_put_u64(o, "restart", b->restart);
	put_text(o, "nodes", b->nodes);
	json_put_time(o, "begin", b->begin_us);
	put_text(o, "action", b->action);
	put_text(o, "checkpoint", id);
	json_put_u64(o, "chunks_done_before", b->chunks_done);
}

static void end_json(const struct end *e, struct json_out *o)
{
	json_open(o, "ended", '{');
	json_put_time(o, "end", e->end_us);
	put_text(o, "by", e->by);
	put_text(o, "host", e->host);
	json_put_str(o, "cause", e->cause);
	put_code(o, "exit_code", e->exit_code);
	put_code(o, "signal", e->signal);
	json_put_str(o, "suspects", e->suspects);
	json_open(o, "evidence", '[');
	for (unsigned i = 0; i < e->n_evidence; i++)
		json_put_str(o, NULL, e->evidence[i]);
	json_close(o, ']');
	json_close(o, '}');
}

static void decided_json(const struct decided *d, struct json_out *o)
{
	json_open(o, "decided", '{');
	json_put_str(o, "action", d->action);
	json_put_str(o, "rule", d->rule);
	json_put_str(o, "reason", d->reason);
	json_put_bool(o, "counts", d->counts);
	json_put_i64(o, "delay", d->delay_s);
	put_code(o, "attempts_left", d->attempts_left);
	json_open(o, "left_out", '[');
	for (unsigned i = 0; i < d->n_exclude; i++) {
		json_open(o, NULL, '{');
		json_put_str(o, "node", d->exclude[i].node);
		json_put_time(o, "until", d->exclude[i].until_us);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void attempt_json(const struct facts *f, const struct attempt *a,
			 struct json_out *o)
{
	json_open(o, NULL, '{');
	json_put_u64(o, "attempt", a->number);
	if (a->begin)
		begin_json(a->begin, o);
	json_put_u64(o, "chunks_done", facts_chunks_done(f, a->number));
	if (a->end)
		end_json(a->end, o);
	if (a->decided)
		decided_json(a->decided, o);
	json_close(o, '}');
}

int why_json(const struct facts *f)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	json_open(&o, NULL, '{');
	json_put_str(&o, "run", f->run->name);
	json_put_str(&o, "state", run_state_word(f->state));
	json_put_str(&o, "policy", f->run->preset);
	json_open(&o, "attempts", '[');
	for (unsigned i = 0; i < f->run->n_attempts; i++)
		attempt_json(f, &f->run->attempts[i], &o);
	json_close(&o, ']');
	json_close(&o, '}');
	return print_json(&text);
}
