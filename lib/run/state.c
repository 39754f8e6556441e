/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - how a run stands: the newest attempt that began tells */

#include <string.h>

#include "run/state.h"

static const char *const words[] = {
	[RUN_PENDING] = "pending", [RUN_RUNNING] = "running",
	[RUN_WAITING] = "waiting", [RUN_COMPLETED] = "completed",
	[RUN_HELD] = "held", [RUN_FAILED] = "failed",
	[RUN_CANCELLED] = "cancelled", [RUN_UNKNOWN] = "unknown",
};

/* What stands after an attempt that ended so, or was decided about so. */
static const struct { const char *word; enum run_state state; }
by_cause[] = {
	{ "completed", RUN_COMPLETED }, { "cancelled", RUN_CANCELLED },
}, by_action[] = {
	{ "retry", RUN_WAITING }, { "failover", RUN_WAITING },
	{ "restore", RUN_WAITING }, { "hold", RUN_HELD },
	{ "fail", RUN_FAILED }, { "none", RUN_FAILED },
};

const char *run_state_word(enum run_state s)
{
	return words[s];
}

bool run_state_is_over(enum run_state s)
{
	return s != RUN_PENDING && s != RUN_RUNNING && s != RUN_WAITING;
}

/* In Slurm a job that died is requeued or gone, and Slurm knows; outside, only
 * the process itself tells, and only on its own host. */
static enum run_state not_ended(const struct begin *b, int alive)
{
	return !b->job_id && alive == 0 ? RUN_UNKNOWN : RUN_RUNNING;
}

enum run_state run_state_of(const struct run *r, int alive)
{
	const struct attempt *a = run_newest(r);

	if (!a)
		return RUN_PENDING;
	if (!a->end)
		return not_ended(a->begin, alive);
	for (size_t i = 0; i < sizeof(by_cause) / sizeof(by_cause[0]); i++)
		if (!strcmp(a->end->cause, by_cause[i].word))
			return by_cause[i].state;
	for (size_t i = 0; a->decided &&
	     i < sizeof(by_action) / sizeof(by_action[0]); i++)
		if (!strcmp(a->decided->action, by_action[i].word))
			return by_action[i].state;
	return RUN_UNKNOWN;
}
