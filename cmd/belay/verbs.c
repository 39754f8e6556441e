/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.c - the table of verbs, in the order of 'belay help' */

#include <string.h>

#include "cmd/belay/about.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/chunk.h"
#include "cmd/belay/moment.h"
#include "cmd/belay/policy.h"
#include "cmd/belay/status.h"
#include "cmd/belay/verb.h"
#include "cmd/map/map.h"

const struct verb *const verbs[] = {
	/* work that is recorded */
	&verb_map,
	&verb_map_worker,
	&verb_chunk_pending,
	&verb_chunk_claim,
	&verb_chunk_done,
	&verb_chunk_fail,
	&verb_chunk_list,
	&verb_beat,
	/* how far it got, as files */
	&verb_checkpoint_begin,
	&verb_checkpoint_commit,
	&verb_checkpoint_save,
	&verb_checkpoint_list,
	&verb_checkpoint_show,
	&verb_checkpoint_verify,
	&verb_checkpoint_restore,
	&verb_checkpoint_prune,
	&verb_checkpoint_ask,
	/* what is going on */
	&verb_status,
	&verb_why,
	&verb_events,
	/* what is wanted when it fails */
	&verb_policy_check,
	&verb_policy_show,
	/* without the plugin */
	&verb_begin,
	&verb_end,
	/* belay itself */
	&verb_help,
	&verb_version,
	NULL
};

static bool is_word(const char *word, size_t len, const char *name)
{
	return strlen(word) == len && !memcmp(word, name, len);
}

static int match(const struct verb *v, int argc, char **argv)
{
	size_t first = strcspn(v->name, " ");

	if (!is_word(argv[0], first, v->name))
		return 0;
	if (!v->name[first])
		return 1;
	return argc > 1 && !strcmp(argv[1], v->name + first + 1) ? 2 : 0;
}

const struct verb *verb_find(int argc, char **argv, int *words)
{
	for (size_t i = 0; argc > 0 && verbs[i]; i++) {
		*words = match(verbs[i], argc, argv);
		if (*words)
			return verbs[i];
	}
	return NULL;
}

const char *verb_of_group(const struct verb *v, const char *group)
{
	size_t first = strcspn(v->name, " ");

	if (!v->name[first] || !is_word(group, first, v->name))
		return NULL;
	return v->name + first + 1;
}

bool verb_is_group(const char *word)
{
	for (size_t i = 0; verbs[i]; i++)
		if (verb_of_group(verbs[i], word))
			return true;
	return false;
}
