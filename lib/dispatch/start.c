/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - is this start of the job still wanted?
 *
 * A start that was held up, by a prolog or on a node that is cut off, may come
 * to begin after Slurm has started the job anew elsewhere.  Its claim would fence
 * the attempt that works, and so it must not claim.
 */

#include <errno.h>

#include "base/hostlist.h"
#include "dispatch/opening.h"

void opening_ask(struct opening *o)
{
	const struct sched *s = o->s;

	if (o->job_known)
		job_view_free(&o->job);
	o->job_known = s->load_job(s->state, o->m->job_id, &o->job, NULL) == 0;
}

static bool is_among(const char *nodes, const char *node)
{
	_auto_hosts_ struct hosts hosts = { 0 };

	return hosts_parse(&hosts, nodes ? nodes : "", NULL) < 0 ||
	       hosts_has(&hosts, node);
}

/* Under salloc a script may run on a login node, which says nothing. */
static bool is_here(const struct moment *m, const char *nodes)
{
	return m->node_guessed || is_among(nodes, m->node);
}

/* Only what Slurm would have sent away in any case does not run: what its
 * script does on a node that the job has left, nobody waits for. */
static int refuse(const struct opening *o, uint32_t restart, const char *nodes,
		  struct belay_error *err)
{
	err_set(err, BELAY_EFENCED, "this start of job %s (restart %u) comes "
		"too late: the job runs on %s since (restart %u)", o->m->job,
		o->m->restart, nodes ? nodes : "?", restart);
	if (err && !is_here(o->m, nodes))
		err->sys = ECANCELED;
	return -1;
}

static int heed_slurm(const struct opening *o, struct belay_error *err)
{
	const struct job_view *j = &o->job;

	if (j->state != JOB_STATE_RUNNING ||
	    (j->restart <= o->m->restart && is_here(o->m, j->nodes)))
		return 0;
	return refuse(o, j->restart, j->nodes, err);
}

/* Where slurmctld cannot be reached, the attempts tell. */
static int heed_attempts(const struct opening *o, struct belay_error *err)
{
	const struct attempt *a = run_newest(o->run);
	const struct moment *m = o->m;

	if (!a || a->end || a->begin->restart <= m->restart ||
	    !run_begin_is_of(a->begin, m->job_id, m->hint.submission))
		return 0;
	return refuse(o, a->begin->restart, a->begin->nodes, err);
}

int opening_check_start(const struct opening *o, struct belay_error *err)
{
	return o->job_known ? heed_slurm(o, err) : heed_attempts(o, err);
}
