/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - run.json, begin.json, end.json, decision.json ⇄ struct
 *
 * Attempts are fenced, and jobs requeued, on the word of these files.  So each
 * is sealed by a check over its bytes, and says whose it is, for a file that is
 * whole may lie in the wrong place.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "run/codec.h"

/* ---- what all four share ---- */

static int check_format(const struct json *j, struct belay_error *err)
{
	uint64_t format = json_u64(j, "format", 0);

	if (format != RUN_FORMAT)
		return err_set(err, BELAY_ECORRUPT, "format %" PRIu64 " is not "
			       "known; a newer belay wrote it", format);
	return 0;
}

static struct json *open_file(const struct buf *text, const char *what,
			      struct belay_error *err)
{
	struct json *j = json_parse_sealed(buf_text(text), text->len, err);

	if (j && check_format(j, err) == 0)
		return j;
	json_free(j);
	err_prefix(err, "%s", what);
	return NULL;
}

/* What an attempt says of itself, and a key that no other kind has. */
static const struct kind {
	const char *file, *key;
} begin_kind = { "begin.json", "batch_host" }, end_kind = { "end.json", "cause" },
  decision_kind = { "decision.json", "rule" };

/* A file of attempt n of this run, and not one that strayed here. */
static struct json *open_record(const struct run *r, unsigned n,
				const struct buf *text, const struct kind *kind,
				struct belay_error *err)
{
	struct json *j = open_file(text, kind->file, err);
	uint64_t attempt = json_u64(j, "attempt", 0);

	if (!j)
		return NULL;
	if (strcmp(json_str(j, "run_submission", r->submission), r->submission))
		err_set(err, BELAY_ECORRUPT, "%s is of another run",
			kind->file);
	else if (attempt != n)
		err_set(err, BELAY_ECORRUPT, "%s is of attempt %" PRIu64,
			kind->file, attempt);
	else if (!json_get(j, kind->key))
		err_set(err, BELAY_ECORRUPT, "%s lacks '%s'", kind->file,
			kind->key);
	else
		return j;
	json_free(j);
	return NULL;
}

static void put_head(struct json_out *o, const struct run *r, unsigned n)
{
	json_open(o, NULL, '{');
	json_put_u64(o, "format", RUN_FORMAT);
	json_put_str(o, "run_submission", r->submission);
	json_put_u64(o, "attempt", n);
}

static void *new_record(size_t size, struct belay_error *err)
{
	void *record = calloc(1, size);

	if (!record)
		err_nomem(err);
	return record;
}

static void copy(const struct json *j, const char *key, char *out, size_t size)
{
	snprintf(out, size, "%s", json_str(j, key, ""));
}

/* Fixed fields are copied by name: one line each, no sizes to get wrong. */
#define COPY(j, key, member) copy(j, key, member, sizeof(member))

static char *dup_member(const struct json *j, const char *key)
{
	return strdup(json_str(j, key, ""));
}

static int64_t time_member(const struct json *j, const char *key)
{
	return clock_iso_parse(json_str(j, key, NULL));
}

static unsigned count_members(const struct json *array)
{
	unsigned n = 0;

	if (array && array->type == JSON_ARRAY)
		for (array = array->child; array; array = array->next)
			n++;
	return n;
}

static void put_id(struct json_out *o, const char *key, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	json_put_str(o, key, id ? text : NULL);
}

static uint64_t id_text(const char *text)
{
	uint64_t id;

	return text && text_u64(text, UINT64_MAX, &id) == 0 ? id : 0;
}

static void put_text(struct json_out *o, const char *key, const char *text)
{
	json_put_str(o, key, text && *text ? text : NULL);
}

/* ---- run.json ---- */

void run_encode(const struct run *r, struct buf *out)
{
	struct json_out o = { .buf = out, .pretty = true };

	json_open(&o, NULL, '{');
	json_put_u64(&o, "format", RUN_FORMAT);
	json_put_str(&o, "run", r->name);
	json_put_str(&o, "cluster", r->cluster);
	json_open(&o, "owner", '{');
	json_put_u64(&o, "uid", r->uid);
	json_put_str(&o, "name", r->owner);
	json_close(&o, '}');
	json_put_str(&o, "submission", r->submission);
	json_put_time(&o, "created", r->created_us);
	json_put_str(&o, "preset", r->preset);
	put_text(&o, "policy", r->policy);
	json_put_str(&o, "work_dir", r->work_dir);
	json_seal(&o);
}

int run_decode(const struct buf *text, struct run *r, struct belay_error *err)
{
	_auto_json_ struct json *j = open_file(text, "run.json", err);

	if (!j)
		return -1;
	COPY(j, "run", r->name);
	COPY(j, "cluster", r->cluster);
	COPY(j, "submission", r->submission);
	COPY(j, "preset", r->preset);
	COPY(j, "policy", r->policy);
	COPY(j, "work_dir", r->work_dir);
	COPY(json_get(j, "owner"), "name", r->owner);
	r->uid = (unsigned)json_u64(json_get(j, "owner"), "uid", 0);
	r->created_us = time_member(j, "created");
	return 0;
}

/* ---- begin.json ---- */

static void put_cut(struct json_out *o, const struct begin *b)
{
	char check[17];

	json_open(o, "cut", '[');
	for (unsigned i = 0; i < b->n_cut; i++) {
		const struct cut_entry *c = &b->cut[i];

		snprintf(check, sizeof(check), "%016" PRIx64, c->check);
		json_open(o, NULL, '{');
		json_put_u64(o, "attempt", c->attempt);
		json_put_str(o, "journal", c->journal);
		json_put_u64(o, "length", c->length);
		json_put_str(o, "check", check);
		json_put_str(o, "state", c->state);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_open(o, "checkpoints", '[');
	for (unsigned i = 0; i < b->n_checkpoints; i++)
		put_id(o, NULL, b->checkpoints[i]);
	json_close(o, ']');
}

void begin_encode(const struct run *r, unsigned n, const struct begin *b,
		  struct buf *out)
{
	struct json_out o = { .buf = out, .pretty = true };

	put_head(&o, r, n);
	if (b->is_void)
		json_put_bool(&o, "void", true);
	put_text(&o, "job", b->job);
	json_put_u64(&o, "job_id", b->job_id);
	put_text(&o, "submission", b->submission);
	json_put_u64(&o, "restart", b->restart);
	json_put_i64(&o, "start_time", b->start_time);
	json_put_str(&o, "nodes", b->nodes ? b->nodes : "");
	json_put_str(&o, "batch_host", b->batch_host);
	json_put_time(&o, "begin", b->begin_us);
	json_put_str(&o, "action", b->action);
	put_id(&o, "checkpoint", b->checkpoint);
	json_put_u64(&o, "chunks_done", b->chunks_done);
	if (b->previous >= 0)
		json_put_i64(&o, "previous", b->previous);
	json_open(&o, "process", '{');
	json_put_str(&o, "host", b->host);
	json_put_str(&o, "boot_id", b->boot_id);
	json_put_i64(&o, "pid", b->pid);
	json_put_u64(&o, "start", b->pid_start);
	json_close(&o, '}');
	settings_put(&b->settings, &o);
	put_cut(&o, b);
	json_seal(&o);
}

static int get_cut(const struct json *j, struct begin *b,
		   struct belay_error *err)
{
	const struct json *cut = json_get(j, "cut");
	const struct json *ids = json_get(j, "checkpoints");
	unsigned n = count_members(cut), n_ids = count_members(ids);

	b->cut = calloc(n + 1, sizeof(*b->cut));
	b->checkpoints = calloc(n_ids + 1, sizeof(*b->checkpoints));
	if (!b->cut || !b->checkpoints)
		return err_nomem(err);
	for (cut = n ? cut->child : NULL; cut; cut = cut->next) {
		struct cut_entry *c = &b->cut[b->n_cut++];

		c->attempt = (unsigned)json_u64(cut, "attempt", 0);
		COPY(cut, "journal", c->journal);
		c->length = json_u64(cut, "length", 0);
		c->check = strtoull(json_str(cut, "check", "0"), NULL, 16);
		COPY(cut, "state", c->state);
	}
	for (ids = n_ids ? ids->child : NULL; ids; ids = ids->next)
		b->checkpoints[b->n_checkpoints++] = id_text(ids->text);
	return 0;
}

struct begin *begin_decode(const struct run *r, unsigned n,
			   const struct buf *text, struct belay_error *err)
{
	_auto_json_ struct json *j = open_record(r, n, text, &begin_kind, err);
	const struct json *process = json_get(j, "process");
	struct begin *b = j ? new_record(sizeof(*b), err) : NULL;

	if (!b)
		return NULL;
	b->is_void = json_bool(j, "void", false);
	COPY(j, "job", b->job);
	b->job_id = (uint32_t)json_u64(j, "job_id", 0);
	COPY(j, "submission", b->submission);
	b->restart = (uint32_t)json_u64(j, "restart", 0);
	b->start_time = json_i64(j, "start_time", 0);
	b->nodes = dup_member(j, "nodes");
	COPY(j, "batch_host", b->batch_host);
	b->begin_us = time_member(j, "begin");
	COPY(j, "action", b->action);
	b->checkpoint = id_text(json_str(j, "checkpoint", NULL));
	b->chunks_done = json_u64(j, "chunks_done", 0);
	b->previous = json_i64(j, "previous", -1);
	COPY(process, "host", b->host);
	COPY(process, "boot_id", b->boot_id);
	b->pid = (int)json_i64(process, "pid", 0);
	b->pid_start = json_u64(process, "start", 0);
	settings_get(json_get(j, "settings"), &b->settings);
	if (!b->nodes)
		err_nomem(err);
	if (!b->nodes || get_cut(j, b, err) < 0) {
		begin_free(b);
		return NULL;
	}
	return b;
}

void begin_free(struct begin *b)
{
	if (!b)
		return;
	free(b->nodes);
	free(b->cut);
	free(b->checkpoints);
	free(b);
}

/* ---- end.json ---- */

static void put_code(struct json_out *o, const char *key, int code)
{
	if (code < 0)
		json_put_null(o, key);
	else
		json_put_i64(o, key, code);
}

void end_encode(const struct run *r, unsigned n, const struct end *e,
		struct buf *out)
{
	struct json_out o = { .buf = out, .pretty = true };

	put_head(&o, r, n);
	json_put_time(&o, "end", e->end_us);
	json_put_str(&o, "by", e->by);
	json_put_str(&o, "host", e->host);
	json_put_str(&o, "cause", e->cause);
	put_code(&o, "exit_code", e->exit_code);
	put_code(&o, "signal", e->signal);
	json_put_str(&o, "suspects", e->suspects ? e->suspects : "");
	json_open(&o, "evidence", '[');
	for (unsigned i = 0; i < e->n_evidence; i++)
		json_put_str(&o, NULL, e->evidence[i]);
	json_close(&o, ']');
	json_seal(&o);
}

static int get_evidence(const struct json *lines, struct end *e)
{
	unsigned n = count_members(lines);

	e->evidence = calloc(n + 1, sizeof(*e->evidence));
	if (!e->evidence)
		return -1;
	for (lines = n ? lines->child : NULL; lines; lines = lines->next) {
		if (lines->type != JSON_STRING)
			continue;
		e->evidence[e->n_evidence] = strdup(lines->text);
		if (!e->evidence[e->n_evidence++])
			return -1;
	}
	return 0;
}

struct end *end_decode(const struct run *r, unsigned n,
		       const struct buf *text, struct belay_error *err)
{
	_auto_json_ struct json *j = open_record(r, n, text, &end_kind, err);
	struct end *e = j ? new_record(sizeof(*e), err) : NULL;

	if (!e)
		return NULL;
	e->end_us = time_member(j, "end");
	COPY(j, "by", e->by);
	COPY(j, "host", e->host);
	COPY(j, "cause", e->cause);
	e->exit_code = (int)json_i64(j, "exit_code", -1);
	e->signal = (int)json_i64(j, "signal", -1);
	e->suspects = dup_member(j, "suspects");
	if (!e->suspects || get_evidence(json_get(j, "evidence"), e) < 0) {
		err_nomem(err);
		end_free(e);
		return NULL;
	}
	return e;
}

void end_free(struct end *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->n_evidence; i++)
		free(e->evidence[i]);
	free(e->evidence);
	free(e->suspects);
	free(e);
}

/* ---- decision.json ---- */

void decided_encode(const struct run *r, unsigned n, const struct decided *d,
		    struct buf *out)
{
	struct json_out o = { .buf = out, .pretty = true };

	put_head(&o, r, n);
	json_put_time(&o, "decided", d->decided_us);
	json_put_str(&o, "by", d->by);
	json_put_str(&o, "host", d->host);
	json_put_str(&o, "action", d->action);
	json_put_str(&o, "rule", d->rule);
	json_put_str(&o, "reason", d->reason);
	json_put_bool(&o, "counts", d->counts);
	json_put_i64(&o, "delay", d->delay_s);
	put_code(&o, "attempts_left", d->attempts_left);
	json_put_str(&o, "policy", d->policy);
	json_open(&o, "exclude", '[');
	for (unsigned i = 0; i < d->n_exclude; i++) {
		json_open(&o, NULL, '{');
		json_put_str(&o, "node", d->exclude[i].node);
		json_put_time(&o, "until", d->exclude[i].until_us);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_seal(&o);
}

static int get_exclude(const struct json *list, struct decided *d)
{
	unsigned n = count_members(list);

	d->exclude = calloc(n + 1, sizeof(*d->exclude));
	if (!d->exclude)
		return -1;
	for (list = n ? list->child : NULL; list; list = list->next) {
		struct exclusion *x = &d->exclude[d->n_exclude++];

		COPY(list, "node", x->node);
		x->until_us = time_member(list, "until");
	}
	return 0;
}

struct decided *decided_decode(const struct run *r, unsigned n,
			       const struct buf *text, struct belay_error *err)
{
	_auto_json_ struct json *j = open_record(r, n, text, &decision_kind,
						 err);
	struct decided *d = j ? new_record(sizeof(*d), err) : NULL;

	if (!d)
		return NULL;
	d->decided_us = time_member(j, "decided");
	COPY(j, "by", d->by);
	COPY(j, "host", d->host);
	COPY(j, "action", d->action);
	COPY(j, "rule", d->rule);
	COPY(j, "reason", d->reason);
	d->counts = json_bool(j, "counts", true);
	d->delay_s = json_i64(j, "delay", 0);
	d->attempts_left = (int)json_i64(j, "attempts_left", -1);
	COPY(j, "policy", d->policy);
	if (get_exclude(json_get(j, "exclude"), d) < 0) {
		err_nomem(err);
		decided_free(d);
		return NULL;
	}
	return d;
}

void decided_free(struct decided *d)
{
	if (!d)
		return;
	free(d->exclude);
	free(d);
}
