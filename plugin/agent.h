/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - run belay-agent once, with a deadline, and hear what it says */
#ifndef PLUGIN_AGENT_H
#define PLUGIN_AGENT_H

#include <stdbool.h>

#include "plugin/owner.h"
#include "plugin/reply.h"

struct agent {
	const char *const *argv;	/* argv[0]: an absolute path */
	/* Whose process it shall be, and all that it gets to know.  NULL: the
	 * user's own, who runs us; it keeps environment and directory. */
	struct owner *owner;
	struct environment *environment;
	unsigned deadline_s;
	bool may_wait;		/* BELAY_WAIT moves the deadline */
};

enum { AGENT_WHY = 256 };

/*
 * 0 when the agent gave a whole and good reply, which is in *r then.  Else -1
 * with the reason in why, one line; r->error is set when the reason is the
 * agent's own word, and not that it is missing, hung, or talks nonsense.
 * Never waits longer than the deadline and a second.
 */
int agent_run(const struct agent *a, struct reply *r, char why[AGENT_WHY]);

#endif /* PLUGIN_AGENT_H */
