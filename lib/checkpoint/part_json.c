/* SPDX-License-Identifier: Apache-2.0 */
/* part_json.c - a packed part as MANIFEST and part.<rank>.json have it */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "checkpoint/manifest.h"
#include "checkpoint/packed.h"

/* ---- a part ---- */

static void put_digest(struct json_out *o, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_format(d, hex);
	json_put_str(o, "digest", hex);
}

void part_put(unsigned rank, const struct pack_sum *sum, struct json_out *o)
{
	json_open(o, NULL, '{');
	json_put_u64(o, "rank", rank);
	json_put_u64(o, "size", sum->size);
	put_digest(o, &sum->index);
	json_put_u64(o, "bytes", sum->bytes);
	json_put_u64(o, "stored", sum->stored);
	json_open(o, "parents", '[');
	for (unsigned i = 0; i < sum->n_parents; i++) {
		json_open(o, NULL, '{');
		json_put_str(o, "name", sum->parent[i].name);
		json_put_u64(o, "size", sum->parent[i].size);
		put_digest(o, &sum->parent[i].index);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
}

static int get_parent(const struct json *j, struct pack_parent *p)
{
	const char *name = json_str(j, "name", "");

	if (!packed_is_parent(name) ||
	    text_format(p->name, sizeof(p->name), "%s", name) < 0)
		return -1;
	p->size = json_u64(j, "size", UINT64_MAX);
	return p->size > INT64_MAX ? -1 :
	       digest_parse(json_str(j, "digest", ""), &p->index);
}

int part_get(const struct json *j, unsigned *rank, struct pack_sum *sum)
{
	const struct json *p = json_get(j, "parents");
	uint64_t n = json_u64(j, "rank", UINT64_MAX);

	*sum = (struct pack_sum){
		.size = json_u64(j, "size", UINT64_MAX),
		.bytes = json_u64(j, "bytes", UINT64_MAX),
		.stored = json_u64(j, "stored", UINT64_MAX),
	};
	if (n >= CHECKPOINT_RANKS_MAX || sum->size > INT64_MAX ||
	    sum->bytes > INT64_MAX || sum->stored > sum->size ||
	    !p || p->type != JSON_ARRAY ||
	    digest_parse(json_str(j, "digest", ""), &sum->index) < 0)
		return -1;
	for (p = p->child; p; p = p->next)
		if (sum->n_parents == PACK_PARENTS_MAX ||
		    get_parent(p, &sum->parent[sum->n_parents++]) < 0)
			return -1;
	*rank = (unsigned)n;
	return 0;
}

/* ---- progress ---- */

void progress_put(const struct checkpoint_progress *p, struct json_out *o)
{
	json_open(o, "progress", '{');
	json_put_u64(o, "iteration", p->iteration);
	json_put_exact(o, "current_time", p->current_time);
	json_put_exact(o, "error_estimate", p->error_estimate);
	json_close(o, '}');
}

void progress_get(const struct json *j, struct checkpoint_progress *p)
{
	j = json_get(j, "progress");
	p->iteration = json_u64(j, "iteration", 0);
	p->current_time = json_f64(j, "current_time", 0);
	p->error_estimate = json_f64(j, "error_estimate", 0);
}

/* ---- part.<rank>.json ---- */

void part_encode(const struct checkpoint *c, unsigned rank,
		 const struct pack_sum *sum, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_open(&o, NULL, '{');
	json_put_u64(&o, "format", MANIFEST_PACKED);
	json_put_str(&o, "run_submission", c->submission);
	json_put_u64(&o, "attempt", c->attempt);
	json_put_u64(&o, "step", c->step);
	json_put_u64(&o, "ranks", c->ranks);
	json_put_str(&o, "label", c->label);
	json_put_u64(&o, "chunks_done", c->chunks_done);
	progress_put(&c->progress, &o);
	json_open(&o, "part", '[');
	part_put(rank, sum, &o);
	json_close(&o, ']');
	json_seal(&o);
}

static bool is_of(const struct json *j, const struct checkpoint *c)
{
	return json_u64(j, "format", 0) == MANIFEST_PACKED &&
	       !strcmp(json_str(j, "run_submission", ""), c->submission) &&
	       json_u64(j, "attempt", 0) == c->attempt &&
	       json_u64(j, "step", UINT64_MAX) == c->step &&
	       json_u64(j, "ranks", 0) == c->ranks;
}

int part_decode(const char *text, size_t len, struct checkpoint *c,
		unsigned rank, struct belay_error *err)
{
	_auto_json_ struct json *j = NULL;
	const struct json *part;
	unsigned is;

	if (json_check_seal(text, len, err) < 0)
		return -1;
	j = json_parse(text, len, err);
	part = json_get(j, "part");
	if (!j || !is_of(j, c) || !part || part->type != JSON_ARRAY ||
	    part_get(part->child, &is, &c->parts[rank]) < 0 || is != rank)
		return err_set(err, BELAY_ECORRUPT, "it makes no sense here");
	if (rank)
		return 0;
	progress_get(j, &c->progress);
	c->chunks_done = json_u64(j, "chunks_done", 0);
	snprintf(c->label, sizeof(c->label), "%s", json_str(j, "label", ""));
	return 0;
}
