/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blame.c - nodes that the program itself did not trust
 *
 * Slurm does not see everything that is wrong with a node.  What the program has
 * reported counts only when the attempt failed, and only of its own nodes.
 */

#include "cause/verdict.h"
#include "dispatch/blame.h"
#include "journal/reports.h"

static bool is_failure(enum cause c)
{
	return c == CAUSE_NODE_FAIL || c == CAUSE_FAILED ||
	       c == CAUSE_SIGNALED || c == CAUSE_STALLED ||
	       c == CAUSE_VANISHED;
}

static int blame(const struct node_told *t, struct verdict *v,
		 struct belay_error *err)
{
	if (hosts_add(&v->suspects, t->node, err) < 0)
		return -1;
	return verdict_say(v, err, "the program said that %s failed%s%s",
			   t->node, *t->reason ? ": " : "", t->reason);
}

int blame_reported(struct run *r, unsigned attempt, struct verdict *v,
		   struct belay_error *err)
{
	const struct attempt *a = run_attempt(r, attempt);
	_auto_reports_ struct node_reports told = { 0 };
	_auto_hosts_ struct hosts ours = { 0 };

	if (!is_failure(v->cause) || !a || !a->begin)
		return 0;
	/* what cannot be read now shall not keep the job from being saved */
	if (hosts_parse(&ours, a->begin->nodes ? a->begin->nodes : "",
			NULL) < 0 ||
	    node_reports_read(&told, r, attempt, NULL) < 0)
		return 0;
	for (size_t i = 0; i < told.n; i++)
		if (told.at[i].failed && hosts_has(&ours, told.at[i].node) &&
		    blame(&told.at[i], v, err) < 0)
			return -1;
	return 0;
}
