/* SPDX-License-Identifier: Apache-2.0 */
/* define.c - sets of chunks that shell loops name */

#include "base/error.h"
#include "chunk/session.h"

static int unknown_set(const char *name, struct belay_error *err)
{
	return err_set(err, BELAY_ENOENT, "no set '%s' in this run; "
		       "--chunks N defines it", name);
}

static int define(struct chunk_shell *sh, struct chunk_state *s,
		  const char *name, uint64_t count, struct belay_error *err)
{
	struct chunk_set *set = chunk_set_define(s, name, count, NULL, NULL,
						 err);

	if (!set || shell_go_on(sh, NULL, 0, err) < 0 ||
	    !shell_set_add(sh, set, err))
		return -1;
	return journal_commit(sh->w, err);
}

/* Another node may define the set at the same moment, and otherwise: so what
 * holds is read anew once ours is on disk. */
struct chunk_state *chunk_shell_state(struct chunk_shell *sh, const char *name,
				     uint64_t count, struct belay_error *err)
{
	struct chunk_state *s = chunk_state_load(sh->run, err);
	int rc = 0;

	if (s && count && !chunk_set_find(s, name)) {
		rc = define(sh, s, name, count, err);
		chunk_state_free(s);
		s = rc < 0 ? NULL : chunk_state_load(sh->run, err);
	}
	if (!s)
		return NULL;
	if (count)
		rc = chunk_set_define(s, name, count, NULL, NULL, err) ? 0 : -1;
	else if (!chunk_set_find(s, name))
		rc = unknown_set(name, err);
	if (rc == 0)
		return s;
	chunk_state_free(s);
	return NULL;
}

const struct shell_set *shell_set_known(struct chunk_shell *sh,
					const char *name,
					struct belay_error *err)
{
	const struct shell_set *found = shell_set_find(sh, name);
	struct chunk_state *s;

	if (found)
		return found;
	s = chunk_shell_state(sh, name, 0, err);
	if (!s)
		return NULL;
	found = shell_set_add(sh, chunk_set_find(s, name), err);
	chunk_state_free(s);
	return found;
}
