/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - what the verbs of 'belay checkpoint' share */

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "chunk/state.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"
#include "dispatch/stored.h"
#include "journal/event.h"

int checkpoint_retain(struct run *r, unsigned attempt, unsigned keep,
		      struct belay_error *err)
{
	_auto_free_ struct policy *p = calloc(1, sizeof(*p));

	if (!p)
		return err_nomem(err);
	if (stored_policy_of(r, p, err) < 0)
		return err_prefix(err, "checkpoint.keep is not known");
	return checkpoint_prune(r, attempt, keep ? keep :
				(unsigned)p->checkpoint.keep,
				p->checkpoint.keep_every_s, err);
}

/* Who is part of an attempt has a journal. */
static void record_damage(struct run *r, unsigned attempt,
			  const struct checkpoint *c, const char *why)
{
	struct event e = { .type = EVENT_CHECKPOINT, .kind = CHECKPOINT_DAMAGED,
			   .id = c->id, .bytes = c->bytes };
	struct journal_writer *w = journal_open(r, attempt, "checkpoint",
						JOURNAL_SMALL, NULL);

	snprintf(e.text, sizeof(e.text), "%s", why);
	if (w && event_add(w, &e, NULL))
		journal_commit(w, NULL);
	journal_close(w);
}

int checkpoint_condemn(struct run *r, const struct checkpoint *c,
		       const char *why, struct belay_error *err)
{
	unsigned attempt = which_attempt(r);

	if (checkpoint_mark_damaged(r, c->id, why, err) < 0)
		return -1;
	if (attempt)
		record_damage(r, attempt, c, why);
	return 0;
}

/* How far the chunks are, for people who look at the list: 0 if unknown. */
static uint64_t chunks_done(struct run *r)
{
	struct chunk_state *s = chunk_state_load(r, NULL);
	uint64_t n[5] = { 0 }, total = 0;

	if (s)
		chunk_totals(s, n, &total);
	chunk_state_free(s);
	return n[CHUNK_DONE];
}

int checkpoint_conclude(const struct verb *v, struct run *r, unsigned attempt,
			const char *staging, const char *label)
{
	struct checkpoint_options opt = { .label = label,
					  .chunks_done = chunks_done(r) };
	struct belay_error err;
	uint64_t id = checkpoint_commit(r, attempt, staging, &opt, &err);

	if (!id)
		return verb_fail(v, &err);
	printf("%llu\n", (unsigned long long)id);
	/* what it was asked for is done: the rest is only said */
	if (checkpoint_retain(r, attempt, 0, &err) < 0)
		fprintf(stderr, "belay %s: older ones stay: %s\n", v->name,
			err.text);
	return EXIT_DONE;
}

struct checkpoint *checkpoint_typed(const struct checkpoint_list *list,
				    const char *id, struct belay_error *err)
{
	struct checkpoint *c;
	uint64_t n;

	if (text_u64(id, UINT64_MAX, &n) < 0) {
		err_set(err, BELAY_EINVAL, "not a checkpoint's id: '%s'", id);
		return NULL;
	}
	c = checkpoint_find(list, n);
	if (!c)
		err_set(err, BELAY_ENOENT, "no checkpoint %s; 'belay "
			"checkpoint list' shows those that are there", id);
	return c;
}

const char *checkpoint_condition(const struct checkpoint *c)
{
	return c->unreadable ? "unreadable" : c->damaged ? "damaged" :
	       c->late ? "late" : "good";
}

void checkpoint_json(const struct run *r, const struct checkpoint *c,
		     struct json_out *o)
{
	_auto_free_ char *path = checkpoint_path(r, c->id);
	char id[24];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)c->id);
	json_put_str(o, "id", id);
	json_put_str(o, "condition", checkpoint_condition(c));
	json_put_str(o, "reason", c->damaged ? c->reason : NULL);
	json_put_u64(o, "attempt", c->attempt);
	json_put_time(o, "created", c->created_us);
	json_put_str(o, "writer", c->writer);
	json_put_str(o, "label", c->label);
	json_put_u64(o, "bytes", c->bytes);
	json_put_u64(o, "chunks_done", c->chunks_done);
	if (c->ranks) {
		json_put_u64(o, "ranks", c->ranks);
		json_put_u64(o, "stored", c->stored);
	}
	json_put_str(o, "path", path);
}
