/* SPDX-License-Identifier: Apache-2.0 */
/* standing.h - may this agent still speak for its attempt? */
#ifndef DISPATCH_STANDING_H
#define DISPATCH_STANDING_H

#include "dispatch/dispatch.h"

/*
 * After a network cut heals, the exit hooks of attempt 1 run while attempt 2
 * works.  Whether what Slurm has now is still the attempt that began so, is
 * told by what slurm_load_job() shows (seen on 22.05):
 *
 *	the job is                 start_time   batch_host   restart  nodes
 *	running, suspended         its own      its own      same     all
 *	completing, ended          its own      its own      same     left
 *	completing, pending again  this second  its own      one more left
 *	pending                    the next     none         one more none
 *
 * "left" are the nodes that still complete.  A job that is merely pending has
 * nothing of the attempt any more: the next begin looks after it.
 */
bool standing_holds(const struct begin *b, const struct job_view *j);

/* Is the job waiting for the very start that began so?  slurmctld was killed
 * before it had saved the start, and has the node abort what it runs of it. */
bool standing_is_forgotten(const struct begin *b, const struct job_view *j);

/* Has nobody claimed the next attempt?  Asked of the disk, and so cheap: to be
 * asked right before anything is done to the job, for what was seen before may be
 * long ago by then.  1, 0, or -1 with the error when there is no answer. */
int standing_is_newest(const struct run *r, unsigned attempt,
		       struct belay_error *err);

/* Is there an attempt of this job in the run, with none after it?  Its number,
 * or 0.  exact: its restart count is the moment's (an epilog that was started
 * by a requeue knows the next one already). */
unsigned standing_attempt(const struct run *r, const struct moment *m,
			  bool exact);

/* The run that the job's index names; NULL with BELAY_ENOENT if none. */
struct run *standing_run(const struct moment *m, struct belay_error *err);

#endif /* DISPATCH_STANDING_H */
