/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause.c - the table that maps evidence to a cause
 *
 * The first row that holds wins, so the order of rows is the order of
 * strength:
 *
 *	what Slurm has judged, for good
 *	what Slurm has requeued, and why
 *	what the batch step saw, before Slurm judges
 *	what the next attempt can still find out
 *
 * A script that is killed ends with SIGTERM whoever killed it and why.  That
 * is why its exit status stands below everything that Slurm knows.
 */

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cause/verdict.h"

/* ---- what is known ---- */

static bool a_node_died(const struct evidence *e)
{
	for (unsigned i = 0; i < e->n_nodes; i++)
		if (e->nodes[i].down || e->nodes[i].rebooted)
			return true;
	return false;
}

/* Killed, or a shell that says so of its child by 128 + signal. */
static bool was_killed(const struct evidence *e)
{
	int s = e->wait_status;
	int sig = WIFSIGNALED(s) ? WTERMSIG(s) : WEXITSTATUS(s) - 128;

	return e->seen_end && (sig == SIGTERM || sig == SIGKILL);
}

/* ---- the rows ---- */

/* Slurm keeps preempt_time and failed_node only until the last epilog. */
static bool requeued_by_preemption(const struct evidence *e)
{
	return e->requeue_pending && e->preempt_time;
}

static bool requeued_by_node(const struct evidence *e)
{
	return e->requeue_pending && (e->failed_node[0] || a_node_died(e));
}

static bool requeued(const struct evidence *e)
{
	return e->requeue_pending;
}

static bool script_completed(const struct evidence *e)
{
	return e->seen_end && WIFEXITED(e->wait_status) &&
	       WEXITSTATUS(e->wait_status) == 0;
}

/* In its grace time: Slurm has asked the steps to end, and requeues later. */
static bool script_killed_in_grace(const struct evidence *e)
{
	return was_killed(e) && e->preempt_time;
}

/* Slurm kills what is left of a job before it says what it died of. */
static bool script_killed_with_node(const struct evidence *e)
{
	return was_killed(e) && a_node_died(e);
}

/* Below a status of 0: the script may have coped with a step that was killed.
 * Slurm itself counts only after the batch step's exit hook. */
static bool cgroup_oom(const struct evidence *e)
{
	return e->oom_kill;
}

static bool script_failed(const struct evidence *e)
{
	return e->seen_end && WIFEXITED(e->wait_status);
}

static bool script_signaled(const struct evidence *e)
{
	return e->seen_end && WIFSIGNALED(e->wait_status);
}

static bool never_began(const struct evidence *e)
{
	return e->never_began;
}

static bool always(const struct evidence *e)
{
	(void)e;
	return true;
}

enum blame { NOBODY, DEAD_NODES, BATCH_HOST };

/* A row holds when Slurm says its state, or when its question is answered yes.
 * Who is blamed, and which evidence is told, goes with it. */
static const struct row {
	enum job_state state;
	bool (*holds)(const struct evidence *e);
	enum cause cause;
	enum blame blame;
	verdict_tell *tell[4];
} rows[] = {
	/* judged */
	{ JOB_STATE_CANCELLED, NULL, CAUSE_CANCELLED, NOBODY, { tell_state } },
	{ JOB_STATE_TIMEOUT, NULL, CAUSE_TIMEOUT, NOBODY, { tell_state } },
	{ JOB_STATE_DEADLINE, NULL, CAUSE_DEADLINE, NOBODY, { tell_state } },
	{ JOB_STATE_NODE_FAIL, NULL, CAUSE_NODE_FAIL, DEAD_NODES,
	  { tell_state, tell_failed_node, tell_nodes } },
	{ JOB_STATE_OOM, NULL, CAUSE_OUT_OF_MEMORY, NOBODY,
	  { tell_state, tell_status } },
	{ JOB_STATE_BOOT_FAIL, NULL, CAUSE_BOOT_FAIL, BATCH_HOST,
	  { tell_state, tell_nodes } },
	{ JOB_STATE_PREEMPTED, NULL, CAUSE_PREEMPTED, NOBODY,
	  { tell_state, tell_preempted } },
	/* requeued */
	{ 0, requeued_by_preemption, CAUSE_PREEMPTED, NOBODY,
	  { tell_preempted, tell_requeued } },
	{ 0, requeued_by_node, CAUSE_NODE_FAIL, DEAD_NODES,
	  { tell_failed_node, tell_nodes, tell_requeued } },
	{ 0, requeued, CAUSE_REQUEUED, NOBODY, { tell_requeued } },
	/* seen */
	{ 0, script_completed, CAUSE_COMPLETED, NOBODY, { tell_status } },
	{ 0, script_killed_in_grace, CAUSE_PREEMPTED, NOBODY,
	  { tell_preempted, tell_status } },
	{ 0, script_killed_with_node, CAUSE_NODE_FAIL, DEAD_NODES,
	  { tell_nodes, tell_status } },
	{ 0, cgroup_oom, CAUSE_OUT_OF_MEMORY, NOBODY,
	  { tell_oom, tell_status } },
	{ 0, script_failed, CAUSE_FAILED, NOBODY, { tell_status, tell_nodes } },
	{ 0, script_signaled, CAUSE_SIGNALED, NOBODY, { tell_status } },
	{ JOB_STATE_COMPLETE, NULL, CAUSE_COMPLETED, NOBODY,
	  { tell_state, tell_no_end } },
	{ JOB_STATE_FAILED, NULL, CAUSE_FAILED, NOBODY,
	  { tell_state, tell_no_end } },
	/* found out later */
	{ 0, a_node_died, CAUSE_NODE_FAIL, DEAD_NODES,
	  { tell_nodes, tell_no_end, tell_restarts } },
	{ 0, never_began, CAUSE_LAUNCH_FAILED, BATCH_HOST,
	  { tell_never_began, tell_restarts } },
	{ 0, always, CAUSE_VANISHED, NOBODY, { tell_no_end, tell_restarts } },
};

static bool holds(const struct row *r, const struct evidence *e)
{
	if (r->holds)
		return r->holds(e);
	return e->job_known && e->state == r->state;
}

static int blame_dead_nodes(const struct evidence *e, struct verdict *v,
			    struct belay_error *err)
{
	if (e->failed_node[0] &&
	    hosts_add(&v->suspects, e->failed_node, err) < 0)
		return -1;
	for (unsigned i = 0; i < e->n_nodes; i++) {
		const struct node_evidence *n = &e->nodes[i];

		if ((n->down || n->rebooted) &&
		    hosts_add(&v->suspects, n->name, err) < 0)
			return -1;
	}
	return 0;
}

static int blame(const struct row *r, const struct evidence *e,
		 struct verdict *v, struct belay_error *err)
{
	if (r->blame == DEAD_NODES)
		return blame_dead_nodes(e, v, err);
	if (r->blame == BATCH_HOST && e->batch_host[0])
		return hosts_add(&v->suspects, e->batch_host, err);
	return 0;
}

static int explain(const struct row *r, const struct evidence *e,
		   struct verdict *v, struct belay_error *err)
{
	for (verdict_tell *const *tell = r->tell; *tell; tell++)
		if ((*tell)(e, v, err) < 0)
			return -1;
	return blame(r, e, v, err);
}

int cause_of(const struct evidence *e, struct verdict *v,
	     struct belay_error *err)
{
	struct verdict found = { .exit_code = -1, .signal = -1 };
	const struct row *r = rows;

	while (!holds(r, e))
		r++;
	found.cause = r->cause;
	if (e->seen_end && WIFEXITED(e->wait_status))
		found.exit_code = WEXITSTATUS(e->wait_status);
	if (e->seen_end && WIFSIGNALED(e->wait_status))
		found.signal = WTERMSIG(e->wait_status);
	if (explain(r, e, &found, err) < 0) {
		verdict_free(&found);
		return -1;
	}
	*v = found;
	return 0;
}
