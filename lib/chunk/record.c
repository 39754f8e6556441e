/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - how a chunk of a shell loop ended, and that the loop is alive */

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "chunk/session.h"
#include "chunk/set.h"

/* An event about a chunk of a set that is known; nothing else is read than the
 * end of our journal, unless another one defined the set. */
static int about_chunk(struct chunk_shell *sh, const char *name, uint64_t chunk,
		       struct event *e, struct belay_error *err)
{
	const struct shell_set *set;

	if (shell_go_on(sh, name, chunk, err) < 0)
		return -1;
	set = shell_set_known(sh, name, err);
	if (!set)
		return -1;
	if (chunk >= set->count)
		return err_set(err, BELAY_EINVAL, "no chunk %" PRIu64 ": set "
			       "'%s' has %" PRIu64 ", counted from 0", chunk,
			       name, set->count);
	e->set = set->number;
	e->chunk = chunk;
	e->try = sh->wanted.try;
	if (sh->wanted.time_us && clock_wall_us() > sh->wanted.time_us)
		e->duration_us = (uint64_t)(clock_wall_us() -
					    sh->wanted.time_us);
	snprintf(e->node, sizeof(e->node), "%s", sh->node);
	return 0;
}

static int record(struct chunk_shell *sh, const struct event *e,
		  struct belay_error *err)
{
	return event_add(sh->w, e, err) ? 0 : -1;
}

int chunk_shell_done(struct chunk_shell *sh, const char *set, uint64_t chunk,
		     struct belay_error *err)
{
	struct event e = { .type = EVENT_CHUNK_DONE };

	if (about_chunk(sh, set, chunk, &e, err) < 0 || record(sh, &e, err) < 0)
		return -1;
	return journal_commit(sh->w, err);
}

/* How often it failed or was lost before, for which all is read. */
static int count_troubles(struct chunk_shell *sh, const char *name,
			  uint64_t chunk, uint32_t *n, struct belay_error *err)
{
	struct chunk_state *s = chunk_state_load(sh->run, err);
	struct chunk_set *set = s ? chunk_set_find(s, name) : NULL;

	if (!s)
		return -1;
	*n = set && chunk < set->count ? chunk_troubles_had(set, chunk) : 0;
	chunk_state_free(s);
	return 0;
}

int chunk_shell_fail(struct chunk_shell *sh, const char *set, uint64_t chunk,
		     const char *reason, bool retryable, uint32_t max_attempts,
		     struct belay_error *err)
{
	struct event e = { .type = EVENT_CHUNK_FAIL, .kind = FAIL_REPORTED };
	uint32_t before;
	bool again;

	if (about_chunk(sh, set, chunk, &e, err) < 0 ||
	    count_troubles(sh, set, chunk, &before, err) < 0)
		return -1;
	again = retryable && before + 1 < max_attempts;
	e.retryable = retryable;
	snprintf(e.text, sizeof(e.text), "%s", reason ? reason : "");
	if (record(sh, &e, err) < 0)
		return -1;
	e.type = EVENT_CHUNK_GIVE_UP;
	snprintf(e.text, sizeof(e.text), "failed or was lost %u times",
		 before + 1);
	if (!again && record(sh, &e, err) < 0)
		return -1;
	return journal_commit(sh->w, err) < 0 ? -1 : again;
}

int chunk_shell_beat(struct chunk_shell *sh, struct belay_error *err)
{
	struct event e = { .type = EVENT_BEAT };

	if (shell_go_on(sh, NULL, 0, err) < 0 || record(sh, &e, err) < 0)
		return -1;
	return journal_commit(sh->w, err);
}
