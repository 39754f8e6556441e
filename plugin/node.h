/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - what begin, end and after have in common */
#ifndef PLUGIN_NODE_H
#define PLUGIN_NODE_H

#include "plugin/agent.h"
#include "plugin/arguments.h"
#include "plugin/spank.h"

/* A moment of a protected job on one of its nodes. */
struct moment_call {
	const char *verb;		/* begin, end, after */
	const char *status;		/* end: the wait status, decimal */
	const char *hint;
	const char *attempt;		/* end: as begin was told, or NULL */
	const char *run;		/* begin: --belay-run, or NULL */
	struct owner owner;
	environment_get *get;		/* where the job's variables are */
	unsigned deadline_s;
	bool may_wait;
	bool called_off;		/* out: begin's script must not run */
	bool fenced;			/* out: another has the run */
};

/* Run the agent as the owner, knowing of the job what it may: its reply, or
 * NULL with the reason in why.  What it has for people is printed. */
const struct reply *node_call(spank_t sp, const struct arguments *args,
			      struct moment_call *c, char why[AGENT_WHY]);

#endif /* PLUGIN_NODE_H */
