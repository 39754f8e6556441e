/* SPDX-License-Identifier: Apache-2.0 */
/* info.c - what a program may know of the attempt that it is */

#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "api/own.h"
#include "base/text.h"

enum { TEXT_CAUSE, TEXT_NODES, TEXT_SUSPECTS };

static int keep(struct belay *b, int which, const char *text,
		const char **member, struct belay_error *err)
{
	b->texts[which] = strdup(text ? text : "");
	if (!b->texts[which])
		return err_nomem(err);
	*member = b->texts[which];
	return 0;
}

static const char *action_word(const char *action)
{
	static const char *const words[] = { "start", "retry", "failover",
					     "restore" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], action))
			return words[i];
	return "";
}

/* Only begin knows the policy; it says so in the environment. */
static int attempts_left(void)
{
	const char *text = getenv("BELAY_ATTEMPTS_LEFT");
	uint64_t n;

	if (!text || text_u64(text, INT32_MAX, &n) < 0)
		return -1;
	return (int)n;
}

static int describe_previous(struct belay *b, const struct attempt *a,
			     struct belay_error *err)
{
	const struct end *end = a ? a->end : NULL;

	if (keep(b, TEXT_CAUSE, end ? end->cause : NULL,
		 &b->info.previous_cause, err) < 0 ||
	    keep(b, TEXT_NODES, a && a->begin ? a->begin->nodes : NULL,
		 &b->info.previous_nodes, err) < 0)
		return -1;
	return keep(b, TEXT_SUSPECTS, end ? end->suspects : NULL,
		    &b->info.suspect_nodes, err);
}

int api_describe(struct belay *b, struct belay_error *err)
{
	const struct attempt *a = run_attempt(b->run, b->attempt);
	struct belay_info *i = &b->info;

	if (!a || !a->begin)
		return err_set(err, BELAY_ENOENT, "%s: attempt %u has not "
			       "begun", b->run->dir, b->attempt);
	b->settings = a->begin->settings.keep ? a->begin->settings
					      : settings_default;
	i->run = b->run->name;
	i->run_dir = b->run->dir;
	i->cluster = b->run->cluster;
	i->attempt = b->attempt;
	i->action = action_word(a->begin->action);
	i->checkpoint = a->begin->checkpoint;
	i->chunks_done = a->begin->chunks_done;
	i->attempts_left = attempts_left();
	i->rank = b->options.rank;
	i->ranks = b->options.ranks;
	own_node_name(i->node);
	return describe_previous(b, a->begin->previous > 0 ?
				 run_attempt(b->run,
					     (unsigned)a->begin->previous) :
				 NULL, err);
}

const struct belay_info *belay_info(const struct belay *b)
{
	return b ? &b->info : NULL;
}
