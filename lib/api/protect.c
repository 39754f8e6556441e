/* SPDX-License-Identifier: Apache-2.0 */
/* protect.c - memory that is checkpointed whole, and brought back whole */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/array.h"
#include "api/saves.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define AGAIN_MS 1000

/* ---- what is protected ---- */

static struct api_protected **find(struct api_saves *s, const char *name)
{
	struct api_protected **p = &s->protected;

	while (*p && strcmp((*p)->array.name, name))
		p = &(*p)->next;
	return p;
}

static void release(struct api_protected *p)
{
	if (!p)
		return;
	free((void *)(uintptr_t)p->array.name);
	free((void *)(uintptr_t)p->array.shape);
	free(p);
}

static struct api_protected *copy(const char *name,
				  const struct belay_array *a)
{
	struct api_protected *p = calloc(1, sizeof(*p));
	uint64_t *shape = calloc(a->dims + 1, sizeof(*shape));

	if (!p || !shape) {
		free(p);
		free(shape);
		return NULL;
	}
	if (a->dims)
		memcpy(shape, a->shape, a->dims * sizeof(*shape));
	p->array = *a;
	p->array.shape = shape;
	p->array.name = strdup(name);
	if (p->array.name)
		return p;
	release(p);
	return NULL;
}

static int check(const char *name, const struct belay_array *a,
		 struct belay_error *err)
{
	struct belay_array named;

	if (api_need(a, "an array", err) < 0)
		return -1;
	named = *a;
	named.name = name;
	return api_check_array(&named, false, err);
}

int belay_protect(struct belay *b, const char *name,
		  const struct belay_array *a, struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct api_saves *s = mine ? api_saves(b, err) : NULL;
	struct api_protected *p, **at;

	if (!s || check(name, a, err) < 0)
		return -1;
	p = copy(name, a);
	if (!p)
		return err_nomem(err);
	at = find(s, name);
	if (*at)
		p->next = (*at)->next;
	release(*at);
	*at = p;
	return 0;
}

int belay_unprotect(struct belay *b, const char *name, struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct api_saves *s = mine ? api_saves(b, err) : NULL;
	struct api_protected *p, **at;

	if (!s || api_need(name, "a name", err) < 0)
		return -1;
	at = find(s, name);
	p = *at;
	if (!p)
		return err_set(err, BELAY_ENOENT, "'%s' is not protected",
			       name);
	*at = p->next;
	release(p);
	return 0;
}

/* ---- checkpoint ---- */

static int put_all(struct belay *b, struct belay_checkpoint *c,
		   struct belay_error *err)
{
	for (const struct api_protected *p = b->saves->protected; p;
	     p = p->next)
		if (belay_checkpoint_put(c, &p->array, err) < 0)
			return -1;
	return 0;
}

static int once(struct belay *b, const struct belay_checkpoint_options *o,
		uint64_t *id, struct belay_error *err)
{
	struct belay_checkpoint *c = belay_checkpoint_begin(b, o, err);

	if (!c)
		return -1;
	if (put_all(b, c, err) == 0)
		return belay_checkpoint_commit(c, id, err);
	belay_checkpoint_abandon(c);
	return -1;
}

static bool is_full(const struct belay_error *err)
{
	return err->sys == ENOSPC || err->sys == EDQUOT;
}

/* Room was there when it began, and is not now. */
static int make_room(struct belay *b)
{
	_auto_turn_ struct belay *mine = api_enter(b, NULL);

	if (!mine || b->settings.on_full == ON_FULL_CONTINUE)
		return -1;
	if (b->settings.on_full == ON_FULL_PRUNE)
		return checkpoint_prune(b->run, b->attempt, 1, 0, NULL) > 0 ?
		       0 : -1;
	clock_sleep_ms(AGAIN_MS);
	return 0;
}

int belay_checkpoint(struct belay *b,
		     const struct belay_checkpoint_options *options,
		     uint64_t *id, struct belay_error *err)
{
	struct belay_checkpoint_options o = BELAY_CHECKPOINT_OPTIONS_INIT;
	struct belay_error why = { 0 };
	int rc;

	if (!b)
		return err_set(err, BELAY_EINVAL, "no run is open");
	if (!b->saves || !b->saves->protected)
		return err_set(err, BELAY_EINVAL, "nothing is protected");
	if (options)
		memcpy(&o, options, options->size < sizeof(o) ? options->size :
								sizeof(o));
	o.size = sizeof(o);
	rc = once(b, &o, id, &why);
	while (rc < 0 && is_full(&why) && make_room(b) == 0) {
		o.step = b->saves->step;	/* it is the same for all ranks */
		rc = once(b, &o, id, &why);
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

/* ---- recover ---- */

static bool is_same(const struct belay_array *a, const struct belay_entry *e)
{
	return a->type == e->type && a->dims == e->dims &&
	       (!a->dims ||
		!memcmp(a->shape, e->shape, a->dims * sizeof(*a->shape)));
}

static int differs(const struct belay_array *a, const struct belay_entry *e,
		   uint64_t id, struct belay_error *err)
{
	char is[ARRAY_WORDS], was[ARRAY_WORDS];

	array_say(a->type, a->dims, a->shape, is);
	array_say(e->type, e->dims, e->shape, was);
	return err_set(err, BELAY_ECONFIG, "'%s' is %s here, and was %s in "
		       "checkpoint %llu", e->name, is, was,
		       (unsigned long long)id);
}

/* All of them, before any memory is touched. */
static int compare(struct belay *b, const struct belay_restore *r,
		   struct belay_error *err)
{
	for (struct api_protected *p = b->saves->protected; p; p = p->next) {
		const char *name = p->array.name;
		const struct belay_entry *e =
			belay_restore_find(r, b->options.rank, name);

		if (!e)
			return err_set(err, BELAY_ECONFIG, "checkpoint %llu "
				       "has no '%s' of rank %u",
				       (unsigned long long)
				       belay_restore_info(r)->id, name,
				       b->options.rank);
		if (!is_same(&p->array, e))
			return differs(&p->array, e, belay_restore_info(r)->id,
				       err);
	}
	return 0;
}

static int read_all(struct belay *b, struct belay_restore *r,
		    struct belay_error *err)
{
	for (struct api_protected *p = b->saves->protected; p; p = p->next) {
		const struct belay_entry *e =
			belay_restore_find(r, b->options.rank, p->array.name);

		if (belay_restore_read(r, e, 0, p->array.data, e->bytes,
				       err) < 0)
			return -1;
	}
	return 0;
}

/* 1, 0: there is none, -1; BELAY_ECORRUPT: the next one may be better. */
static int recover_newest(struct belay *b, uint64_t *id,
			  struct belay_error *err)
{
	struct belay_restore *r = belay_restore_open(b, 0, err);
	int rc;

	if (!r)
		return err->code == BELAY_ENOENT ? 0 : -1;
	rc = compare(b, r, err) < 0 || read_all(b, r, err) < 0 ? -1 : 1;
	if (rc == 1)
		*id = belay_restore_info(r)->id;
	belay_restore_close(r);
	return rc;
}

static void call_back(struct belay *b, uint64_t id)
{
	for (struct api_recovery *c = b->saves->recovery; c; c = c->next)
		c->f(b, &b->info, id, c->arg);
}

/* Each that is damaged is marked, so the next look finds another. */
int belay_recover(struct belay *b, uint64_t *id, struct belay_error *err)
{
	struct belay_error why = { 0 };
	uint64_t found = 0, damaged;
	int rc;

	if (!b || !b->saves)
		return err_set(err, BELAY_EINVAL, "nothing is protected");
	do {
		damaged = b->saves->stat.damaged;
		rc = recover_newest(b, &found, &why);
	} while (rc < 0 && why.code == BELAY_ECORRUPT &&
		 b->saves->stat.damaged > damaged);
	if (rc < 0) {
		if (err)
			*err = why;
		return -1;
	}
	if (rc == 1 && id)
		*id = found;
	if (rc == 1 || b->info.attempt > 1)
		call_back(b, found);
	return rc;
}

int belay_on_recovery(struct belay *b, belay_recovery_fn *f, void *arg,
		      struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct api_saves *s = mine ? api_saves(b, err) : NULL;
	struct api_recovery *c, **end;

	if (!s || api_need((const void *)(uintptr_t)f, "a function", err) < 0)
		return -1;
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_nomem(err);
	*c = (struct api_recovery){ .f = f, .arg = arg };
	for (end = &s->recovery; *end; end = &(*end)->next)
		;
	*end = c;
	return 0;
}
