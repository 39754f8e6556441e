/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit.c - where the user types: check what was asked for, before it counts
 *
 * Runs as the user in sbatch, salloc or srun.  Without --belay no process is
 * started and no file is looked at.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/agent.h"
#include "plugin/mistake.h"
#include "plugin/moments.h"
#include "plugin/off.h"
#include "plugin/options.h"

enum { DEADLINE_S = 10 };

static bool is_inside_a_job(void)
{
	return getenv("SLURM_JOB_ID") != NULL;
}

static bool is_leftover(const char *variable)
{
	return environment_is_stale(variable) ||
	       !strncmp(variable, OPTION_VARIABLE, strlen(OPTION_VARIABLE));
}

/*
 * A job submitted from within a protected one would inherit its run and its
 * options with the environment, and be taken for a part of it.  It is another
 * job and asks for itself.
 */
static void forget_the_job_around(void)
{
	char name[256], **v = environ;

	unsetenv(HINT_IN_JOB);
	if (!is_inside_a_job())
		return;
	while (*v)
		if (!is_leftover(*v) ||
		    !environment_name(*v, name, sizeof(name)) ||
		    unsetenv(name) < 0)
			v++;	/* else the next one has moved here */
}

void submit_register(spank_t sp, const struct arguments *args)
{
	(void)args;
	options_register(sp);
}

void submit_init(spank_t sp, const struct arguments *args)
{
	forget_the_job_around();
	mistake_report();
	submit_register(sp, args);
}

/*
 * What this plugin returns counts for nothing, for it is loaded 'optional';
 * the error of an option's callback does count, but comes too early: a later
 * --belay=off may take back what is wrong.  So the command ends here, as it
 * does itself when a required plugin objects, before anything was submitted.
 */
static void __attribute__((noreturn)) refuse(const char *why)
{
	slurm_error("belay: %s", why);
	exit(1);
}

static bool is_wanted(const struct options *o)
{
	if (o->off)
		return false;
	if (o->asked && !is_off())
		return true;
	if (o->asked)
		slurm_info("belay: switched off by '%s': the job will run "
			   "unprotected", OFF_FILE);
	else if (o->run)
		slurm_info("belay: --belay-run does nothing without --belay");
	return false;
}

static void report_arguments(const struct arguments *args)
{
	if (args->unknown)
		slurm_error("belay: plugstack.conf: unknown argument '%s'",
			    args->unknown);
	if (args->site)
		slurm_info("belay: plugstack.conf: 'site=%s' is not read by "
			   "this version", args->site);
}

/* The agent's reply, or NULL: the job will run, unprotected, and it was said.
 * Only what the agent itself calls a mistake is refused; an agent that is
 * broken costs the protection, never the job. */
static const struct reply *check(const struct options *o, const char *agent)
{
	static struct reply reply;
	const char *argv[4 + 2 + 2 + 1] = {
		agent, "submit", "--policy", o->policy
	};
	struct agent a = {
		.argv = argv, .deadline_s = DEADLINE_S,
	};
	char why[AGENT_WHY];
	int n = 4;

	if (o->root) {
		argv[n++] = "--root";
		argv[n++] = o->root;
	}
	if (o->run) {
		argv[n++] = "--run";
		argv[n++] = o->run;
	}
	if (agent_run(&a, &reply, why) == 0)
		return &reply;
	if (reply.error && reply.mistake)
		refuse(why);
	slurm_error("belay: the job will run unprotected: %s", why);
	return NULL;
}

static const struct reply *submit(const struct arguments *args)
{
	const struct options *o = options_given();
	const struct reply *r;

	if (!is_wanted(o))
		return NULL;
	report_arguments(args);
	if (o->root && o->root[0] != '/')
		refuse("--belay-root wants an absolute path; a job may start "
		       "anywhere");
	r = check(o, args->agent);
	for (unsigned i = 0; r && i < r->n_say; i++)
		slurm_info("belay: %s", r->say[i]);
	return r;
}

static void only_batch_jobs(const struct reply *r)
{
	if (r)
		slurm_info("belay: the policy is good, but only jobs of sbatch "
			   "are protected");
}

/* salloc reads the same options in the same context, and has no batch step. */
static bool is_salloc(void)
{
	return !strcmp(program_invocation_short_name, "salloc");
}

/* Slurm sets SLURM_RESTART_COUNT from the first restart on, and until then the
 * job has that of the job it was submitted from. */
static void hand_over(spank_t sp, const char *hint)
{
	unsetenv("SLURM_RESTART_COUNT");
	if (hint && strlen(hint) < HINT_SIZE &&
	    spank_job_control_setenv(sp, "BELAY_HINT", hint, 1) ==
	    ESPANK_SUCCESS)
		return;
	slurm_error("belay: the job will run unprotected: belay-agent gave no "
		    "hint that can travel with it");
}

/* Called for each component of a heterogeneous job, which has one script and
 * is one submission: all of them get the same hint. */
void submit_batch_job(spank_t sp, const struct arguments *args)
{
	static const struct reply *r;
	bool first = !r;

	if (first)
		r = submit(args);
	if (first && is_salloc())
		only_batch_jobs(r);
	else if (r && !is_salloc())
		hand_over(sp, reply_get(r, "BELAY_HINT"));
}

void submit_srun(spank_t sp, const struct arguments *args)
{
	(void)sp;
	if (!is_inside_a_job())
		only_batch_jobs(submit(args));
}
