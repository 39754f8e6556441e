/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stepd.c - around the batch script: begin an attempt, end it
 *
 * begin runs in the process that becomes the script, as the user already; end
 * runs in slurmstepd, as root, and Slurm reports the script's end only after
 * it.  Neither can make a job fail: what goes wrong is said, once.
 */

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin/moments.h"
#include "plugin/node.h"
#include "plugin/off.h"
#include "plugin/options.h"

enum { BEGIN_DEADLINE_S = 10, END_DEADLINE_S = 10 };

/* What the process that becomes the script tells slurmstepd, in a page that
 * they share: only what has begun can have an end.  NULL where belay was off
 * before, or there is no memory. */
static struct {
	bool begun;	/* the attempt, as far as the plugin knows */
	char attempt[16];	/* its number: a job that is launched twice has
				 * the same restart count in both */
} *told;

static bool job_variable(void *sp, const char *name, char *buf, size_t size)
{
	return spank_getenv(sp, name, buf, (int)size) == ESPANK_SUCCESS;
}

static bool is_batch_step(spank_t sp)
{
	uint32_t step;

	return spank_get_item(sp, S_JOB_STEPID, &step) == ESPANK_SUCCESS &&
	       step == SPANK_BATCH_STEP;
}

/* The cheapest question first, for most jobs have no hint. */
static bool is_protected(spank_t sp, char hint[HINT_SIZE])
{
	return job_variable(sp, HINT_IN_JOB, hint, HINT_SIZE) &&
	       is_batch_step(sp) && !is_off();
}

void stepd_prepare(spank_t sp, const struct arguments *args)
{
	char hint[HINT_SIZE];
	void *page;

	(void)args;
	if (!is_protected(sp, hint))
		return;
	page = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	told = page == MAP_FAILED ? NULL : page;
}

static const char *first_stale(spank_t sp, char name[256])
{
	char **env = NULL;

	if (spank_get_item(sp, S_JOB_ENV, &env) != ESPANK_SUCCESS || !env)
		return NULL;
	for (; *env; env++)
		if (environment_is_stale(*env))
			return environment_name(*env, name, 256);
	return NULL;
}

static void remove_stale(spank_t sp)
{
	char name[256];

	while (first_stale(sp, name))
		if (spank_unsetenv(sp, name) != ESPANK_SUCCESS)
			return;
}

/* fenced: another has the run, and does its work. */
static void unprotected(spank_t sp, bool fenced, const char *why)
{
	remove_stale(sp);
	spank_setenv(sp, "BELAY_UNPROTECTED", why, 1);
	if (fenced)
		spank_setenv(sp, "BELAY_FENCED", "1", 1);
	slurm_error("belay: this job runs unprotected: %s", why);
}

/*
 * Slurm was asked to take this start back, and will end the script before long:
 * what it would do until then, beside the job that has the run, nobody wants.
 * The process ends as when a required plugin fails; Slurm has the job pending
 * already, and the status counts for nothing.
 */
static void __attribute__((noreturn)) call_off(const char *why)
{
	slurm_error("belay: this job does not run now: %s", why);
	_exit(0);
}

/* All variables or none: half of them would be a lie. */
static void hand_over(spank_t sp, const struct reply *r)
{
	const char *attempt;

	remove_stale(sp);
	for (unsigned i = 0; i < r->n_vars; i++) {
		if (spank_setenv(sp, r->var[i].name, r->var[i].value, 1) ==
		    ESPANK_SUCCESS)
			continue;
		unprotected(sp, false, "cannot set its environment");
		return;
	}
	if (!told)
		return;
	attempt = reply_get(r, "BELAY_ATTEMPT");
	snprintf(told->attempt, sizeof(told->attempt), "%s",
		 attempt ? attempt : "");
	told->begun = true;
}

void stepd_begin(spank_t sp, const struct arguments *args)
{
	char hint[HINT_SIZE], run[HINT_SIZE], why[AGENT_WHY];
	struct moment_call call = {
		.verb = "begin", .hint = hint,
		.owner = { .uid = getuid(), .gid = getgid() },
		.get = job_variable, .deadline_s = BEGIN_DEADLINE_S,
	};
	const struct reply *r;

	if (!is_protected(sp, hint))
		return;
	if (job_variable(sp, OPTION_RUN_VARIABLE, run, sizeof(run)))
		call.run = run;
	r = node_call(sp, args, &call, why);
	if (r)
		hand_over(sp, r);
	else if (call.called_off)
		call_off(why);
	else
		unprotected(sp, call.fenced, why);
}

static bool owner_of_step(spank_t sp, struct owner *o)
{
	gid_t *groups = NULL;

	if (spank_get_item(sp, S_JOB_UID, &o->uid) != ESPANK_SUCCESS ||
	    spank_get_item(sp, S_JOB_GID, &o->gid) != ESPANK_SUCCESS)
		return false;
	if (spank_get_item(sp, S_JOB_SUPPLEMENTARY_GIDS, &groups,
			   &o->n_groups) == ESPANK_SUCCESS)
		o->groups = groups;
	return true;
}

void stepd_end(spank_t sp, const struct arguments *args)
{
	char hint[HINT_SIZE], number[16], why[AGENT_WHY];
	struct moment_call call = {
		.verb = "end", .hint = hint, .status = number,
		.get = job_variable, .deadline_s = END_DEADLINE_S,
		.may_wait = true,
	};
	int status;

	if (!is_protected(sp, hint) || !owner_of_step(sp, &call.owner) ||
	    spank_get_item(sp, S_TASK_EXIT_STATUS, &status) != ESPANK_SUCCESS)
		return;
	snprintf(number, sizeof(number), "%d", status);
	if (told && told->begun)
		call.attempt = told->attempt;
	/* in any case: it may have begun, and only its answer was lost */
	if (!node_call(sp, args, &call, why) && told && told->begun)
		slurm_error("belay: the end of this attempt is not recorded: "
			    "%s", why);
}
