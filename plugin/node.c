/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - what begin, end and after have in common */

#include <stdio.h>

#include "plugin/node.h"

static struct environment environment;
static struct reply reply;

static void add_number(spank_t sp, const char *name, spank_item_t item)
{
	uint32_t number;
	char text[16];

	if (spank_get_item(sp, item, &number) != ESPANK_SUCCESS)
		return;
	snprintf(text, sizeof(text), "%u", number);
	environment_add(&environment, name, text);
}

/* A job that was submitted from within a task of an array has the variables of
 * that one, and none of its own. */
static void add_array(spank_t sp)
{
	uint32_t array;

	if (spank_get_item(sp, S_JOB_ARRAY_ID, &array) != ESPANK_SUCCESS ||
	    !array)
		return;
	add_number(sp, "SLURM_ARRAY_JOB_ID", S_JOB_ARRAY_ID);
	add_number(sp, "SLURM_ARRAY_TASK_ID", S_JOB_ARRAY_TASK_ID);
}

/* Which job this is and whose is Slurm's word, not the environment's. */
static void describe(spank_t sp, const struct moment_call *c)
{
	environment_init(&environment);
	add_number(sp, "SLURM_JOB_ID", S_JOB_ID);
	add_number(sp, "SLURM_JOB_UID", S_JOB_UID);
	add_array(sp);
	environment_add(&environment, "BELAY_HINT", c->hint);
	if (c->attempt)
		environment_add(&environment, "BELAY_ATTEMPT", c->attempt);
	if (c->run)
		environment_add(&environment, "BELAY_OPT_RUN", c->run);
	environment_add_allowed(&environment, c->get, sp);
}

/* Without "error:" in front: to the job's output, where there is one, and to
 * slurmd's log. */
static void say(const struct reply *r)
{
	for (unsigned i = 0; i < r->n_say; i++)
		slurm_spank_log("belay: %s", r->say[i]);
}

const struct reply *node_call(spank_t sp, const struct arguments *args,
			      struct moment_call *c, char why[AGENT_WHY])
{
	const char *const argv[] = {
		args->agent, c->verb, c->status ? "--status" : NULL,
		c->status, NULL
	};
	struct agent agent = {
		.argv = argv,
		.owner = &c->owner,
		.environment = &environment,
		.deadline_s = c->deadline_s,
		.may_wait = c->may_wait,
	};

	describe(sp, c);
	if (agent_run(&agent, &reply, why) < 0) {
		c->called_off = reply.error && reply.called_off;
		c->fenced = reply.error && reply.fenced;
		return NULL;
	}
	say(&reply);
	return &reply;
}
