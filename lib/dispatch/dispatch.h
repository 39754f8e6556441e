/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.h - the moments: submit, begin, end, after
 *
 * Each does its whole work in one call, as the job's owner, in a process of
 * its own, and holds nothing open afterwards.  doc/DESIGN.md section 3 says
 * when they run.  What comes from the environment is gathered once, in
 * moment_from_env(), into a plain struct; everything else works on that.
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "base/buf.h"
#include "dispatch/hint.h"
#include "recover/sched.h"

/* Who and where we are, as the environment says. */
struct moment {
	struct hint hint;
	char cluster[RUN_NAME_SIZE];	/* "local" outside Slurm */
	bool join;			/* --belay-run was given */
	char run_name[RUN_NAME_SIZE];	/* it, expanded: moment_name_run() */
	uint32_t job_id;
	char job[64];			/* "12", "10_3", het leader */
	uint32_t restart;
	char nodes[65536];		/* hostlist */
	char node[256];			/* this one: SLURMD_NODENAME */
	bool node_guessed;		/* it is only where we are: salloc */
	char work_dir[4096];
	unsigned attempt;		/* BELAY_ATTEMPT, 0: not said */
	int wait_status;		/* end only */
	bool without_slurm;		/* end only: slurmctld has been waited
					 * for long enough */
	char root[4096];		/* resolved */
};

int moment_from_env(struct moment *m, struct belay_error *err);
/* Expand --belay-run; begin only, an epilog does not know the job's name. */
int moment_name_run(struct moment *m, struct belay_error *err);

/*
 * Check the policy (a preset's name or a file), store it, make the hint.
 * sched_cluster names the cluster.  BELAY_EINVAL, ECONFIG and ENOENT are
 * mistakes of whoever asked; anything else has failed.
 */
int dispatch_submit(const char *policy, const char *root, const char *run,
		    const char *cluster, struct hint *out,
		    struct belay_error *err);

/*
 * The job's environment as lines "BELAY_X=value\n" in env; a line for people
 * per unusual thing (history missing, run renamed) in say.  -1 with err->sys
 * ECANCELED: Slurm was asked to take this start back, the script must not run.
 */
int dispatch_begin(const struct moment *m, const struct sched *s,
		   struct buf *env, struct buf *say, struct belay_error *err);

/*
 * Record how the script ended, work the cause out, decide, act.  -1 with
 * err->sys EAGAIN: slurmctld is away; call again, what was done stands.  With
 * BELAY_ENOENT: there is no run of this job, or none any more.
 */
int dispatch_end(const struct moment *m, const struct sched *s,
		 struct buf *say, struct belay_error *err);

/* On a surviving node, from the epilog. */
int dispatch_after(const struct moment *m, const struct sched *s,
		   struct buf *say, struct belay_error *err);

#endif /* DISPATCH_DISPATCH_H */
