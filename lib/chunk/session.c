/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - one process's turn with the journal of its node */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/text.h"
#include "chunk/node_lock.h"
#include "chunk/session.h"

#define WAIT_MS 10000

/* Every process of this node comes to the same names. */
static void name_ourselves(struct chunk_shell *sh, const char *node)
{
	char host[65] = "", scope[9];

	gethostname(host, sizeof(host) - 1);
	snprintf(sh->node, sizeof(sh->node), "%s", node ? node : host);
	for (char *c = host; *c; c++)
		if (!text_is_name((char[]){ 'x', *c, '\0' }))
			*c = '_';
	node_lock_scope(scope);
	snprintf(sh->name, sizeof(sh->name), "shell-%s-%s", host, scope);
}

/* The submission id is nobody else's knowledge, so nobody else can take the
 * name before us.  Each attempt has a journal of its own, and so does not wait
 * for what an older one left on this node. */
static int take_turn(struct chunk_shell *sh, struct belay_error *err)
{
	char text[4096 + 64], name[16 + DIGEST_HEX], hex[DIGEST_HEX];
	struct digest d;

	snprintf(text, sizeof(text), "%u %s %u %s", sh->run->uid,
		 sh->run->submission, sh->attempt, sh->run->dir);
	d = digest_of(text, strlen(text));
	digest_format(&d, hex);
	snprintf(name, sizeof(name), "belay-shell-%s", hex);
	sh->lock = node_lock(name, WAIT_MS, err);
	return sh->lock < 0 ? -1 : 0;
}

struct chunk_shell *chunk_shell_open(struct run *r, unsigned attempt,
				     const char *node, struct belay_error *err)
{
	struct chunk_shell *sh = calloc(1, sizeof(*sh));

	if (!sh) {
		err_nomem(err);
		return NULL;
	}
	sh->run = r;
	sh->attempt = attempt;
	sh->lock = -1;
	name_ourselves(sh, node);
	if (run_check_fence(r, attempt, err) == 0 && take_turn(sh, err) == 0)
		return sh;
	chunk_shell_close(sh);
	return NULL;
}

void chunk_shell_close(struct chunk_shell *sh)
{
	if (!sh)
		return;
	journal_close(sh->w);
	if (sh->lock >= 0)	/* last: now another one may go on */
		close(sh->lock);
	free(sh->set);
	free(sh);
}

/* ---- what the journal says ---- */

static struct shell_set *add(struct chunk_shell *sh, uint32_t number)
{
	struct shell_set *grown;

	for (size_t i = 0; i < sh->n_sets; i++)
		if (sh->set[i].number == number)
			return &sh->set[i];
	grown = realloc(sh->set, (sh->n_sets + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	sh->set = grown;
	grown[sh->n_sets].number = number;
	return &grown[sh->n_sets++];
}

static struct shell_set *name_set(struct chunk_shell *sh, uint32_t number,
				  const char *name, uint64_t count)
{
	struct shell_set *set = add(sh, number);

	if (!set)
		return NULL;
	snprintf(set->name, sizeof(set->name), "%s", name);
	set->count = count;
	return set;
}

const struct shell_set *shell_set_find(const struct chunk_shell *sh,
				       const char *name)
{
	for (size_t i = 0; i < sh->n_sets; i++)
		if (!strcmp(sh->set[i].name, name))
			return &sh->set[i];
	return NULL;
}

static void see_begin(struct chunk_shell *sh, const struct event *e)
{
	const struct shell_set *set = shell_set_find(sh, sh->wanted.name);

	sh->begun = *e;
	if (set && set->number == e->set && e->chunk == sh->wanted.chunk) {
		sh->wanted.try = e->try;
		sh->wanted.time_us = e->time_us;
	}
}

static int see(const struct record *rec, void *arg)
{
	struct chunk_shell *sh = arg;
	struct event *e = &sh->scratch;

	if (event_decode(rec, e, NULL) <= 0)
		return 0;
	if (e->type == EVENT_SET && !name_set(sh, e->set, e->name, e->count))
		return -1;
	if (e->type == EVENT_CHUNK_BEGIN)
		see_begin(sh, e);
	return 0;
}

int shell_go_on(struct chunk_shell *sh, const char *set, uint64_t chunk,
		struct belay_error *err)
{
	if (sh->w)
		return 0;
	snprintf(sh->wanted.name, sizeof(sh->wanted.name), "%s",
		 set ? set : "");
	sh->wanted.chunk = chunk;
	sh->w = journal_continue(sh->run, sh->attempt, sh->name, see, sh, err);
	return sh->w ? 0 : -1;
}

const struct shell_set *shell_set_add(struct chunk_shell *sh,
				      const struct chunk_set *set,
				      struct belay_error *err)
{
	const struct shell_set *found = shell_set_find(sh, set->name);
	struct event e = { .type = EVENT_SET, .count = set->count };

	if (found)
		return found;
	for (size_t i = 0; i < sh->n_sets; i++)
		if (sh->set[i].number >= e.set)
			e.set = sh->set[i].number;
	e.set++;
	snprintf(e.name, sizeof(e.name), "%s", set->name);
	memcpy(e.items, set->items, sizeof(e.items));
	memcpy(e.command, set->command, sizeof(e.command));
	found = name_set(sh, e.set, set->name, set->count);
	if (!found)
		err_nomem(err);
	return found && event_add(sh->w, &e, err) ? found : NULL;
}
