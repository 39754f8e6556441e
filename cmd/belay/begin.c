/* SPDX-License-Identifier: Apache-2.0 */
/* begin.c - belay begin: the moment, for a script without the plugin */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/belay/moment.h"
#include "dispatch/dispatch.h"

enum { OPT_POLICY, OPT_ROOT, OPT_RUN };

static const struct verb_option options[] = {
	[OPT_POLICY] = { "policy", 'p', "POLICY",
			 "a preset or a policy file (default: standard)" },
	[OPT_ROOT] = { "root", 0, "DIR", "where runs are kept" },
	[OPT_RUN] = { "run", 0, "NAME",
		      "join or start the run NAME; %j %A %a %x %u" },
	{ 0 }
};

static const char *env_or(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

/* A run that was joined by name is of whoever began it. */
static const char *submission_of(const struct run *r, uint64_t job_id)
{
	for (unsigned i = r->n_attempts; i-- > 0;) {
		const struct begin *b = r->attempts[i].begin;

		if (b && b->job_id == job_id && b->submission[0])
			return b->submission;
	}
	return r->submission;
}

/*
 * Nothing of ours travelled with this job.  A first start is a submission of
 * its own; a restart is of the run that the job's start before belonged to, which
 * is asked of the disk and not made of the job's id, for Slurm gives ids again.
 */
static int recall_submission(struct hint *h, struct belay_error *err)
{
	const char *cluster = env_or("SLURM_CLUSTER_NAME", "local");
	_auto_free_ char *root = run_root(h->root[0] ? h->root : NULL, err);
	char name[RUN_NAME_SIZE];
	uint64_t job_id;
	struct run *r;

	if (!root)
		return -1;
	if (text_u64(env_or("SLURM_RESTART_COUNT", "0"), UINT32_MAX,
		     &job_id) == 0 && job_id == 0)
		return 0;
	if (text_u64(env_or("SLURM_JOB_ID", ""), UINT32_MAX, &job_id) < 0 ||
	    run_of_job(root, cluster, (uint32_t)job_id, "", name, err) < 0)
		return 0;
	r = run_open(root, cluster, name, err);
	if (!r)
		return -1;
	memcpy(h->submission, submission_of(r, job_id), sizeof(h->submission));
	run_close(r);
	return 0;
}

static int make_hint(const char *policy, const char *root, const char *run,
		     char out[HINT_SIZE], struct belay_error *err)
{
	struct hint h;

	if (!getenv("SLURM_JOB_ID"))
		return err_set(err, BELAY_EINVAL, "SLURM_JOB_ID is not set; "
			       "'belay begin' belongs into a job's script");
	if (dispatch_submit(policy, root, run,
			    env_or("SLURM_CLUSTER_NAME", "local"), &h, err) < 0)
		return -1;
	if (recall_submission(&h, err) < 0)
		return -1;
	return hint_format(&h, out, err);
}

/* 'value' for a shell, whatever is in it. */
static void print_quoted(const char *value, size_t len)
{
	putchar('\'');
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\'')
			fputs("'\\''", stdout);
		else
			putchar(value[i]);
	}
	puts("'");
}

/* What only passes between agent and plugin is not for the job. */
static bool is_for_job(const char *line)
{
	static const char *const not[] = { "BELAY_SAY=", "BELAY_OK=",
					   "BELAY_WAIT=" };

	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (!strncmp(line, not[i], strlen(not[i])))
			return false;
	return !strncmp(line, "BELAY_", 6) && strchr(line, '=');
}

/* A script that is begun twice must not see the first one's checkpoint. */
static void print_exports(char *reply, const char *hint)
{
	char *at = NULL;

	puts("unset BELAY_UNPROTECTED BELAY_PREVIOUS_CAUSE BELAY_PREVIOUS_NODES "
	     "BELAY_SUSPECT_NODES BELAY_CHECKPOINT BELAY_CHECKPOINT_ID "
	     "BELAY_ATTEMPTS_LEFT BELAY_FENCED");
	fputs("export BELAY_HINT=", stdout);
	print_quoted(hint, strlen(hint));
	for (char *line = strtok_r(reply, "\n", &at); line;
	     line = strtok_r(NULL, "\n", &at)) {
		size_t name = strcspn(line, "=");

		if (!is_for_job(line))
			continue;
		printf("export %.*s=", (int)name, line);
		print_quoted(line + name + 1, strlen(line + name + 1));
	}
}

/* As the plugin has it: the script runs all the same, and 'belay end' has
 * nothing to do.  One that must not run ends; Slurm has requeued it already. */
static void print_unprotected(const struct belay_error *err)
{
	puts("unset BELAY_HINT BELAY_RUN BELAY_RUN_DIR BELAY_ATTEMPT "
	     "BELAY_CHECKPOINT BELAY_FENCED");
	fputs("export BELAY_UNPROTECTED=", stdout);
	print_quoted(err->text, strlen(err->text));
	if (err->code == BELAY_EFENCED)
		puts("export BELAY_FENCED=1");
	if (err->sys == ECANCELED)
		puts("exit 75");
}

static int ask(const char *hint, const char *run, struct buf *out,
	       struct belay_error *err)
{
	static const char *const argv[] = { "belay-agent", "begin", NULL };
	_auto_buf_ struct buf hint_env = { 0 }, run_env = { 0 };
	const char *env[3] = { 0 };

	buf_printf(&hint_env, "BELAY_HINT=%s", hint);
	buf_printf(&run_env, "BELAY_OPT_RUN=%s", run ? run : "");
	if (hint_env.failed || run_env.failed)
		return err_nomem(err);
	env[0] = hint_env.data;
	env[1] = run_env.data;
	return moment_ask(argv, env, out, err);
}

static int run_begin(const struct verb *v, int argc, char **argv)
{
	const char *arg, *given[] = { "standard", getenv("BELAY_ROOT"), NULL };
	_auto_buf_ struct buf out = { 0 };
	struct belay_error err;
	char hint[HINT_SIZE];
	int at = 1, o;

	while ((o = verb_next_option(v, argc, argv, &at, &arg)) >= 0)
		given[o] = arg;
	if (o < -1)
		return verb_option_status(o);
	if (at < argc)
		return verb_usage(v, "unexpected argument '%s'", argv[at]);
	if (make_hint(given[OPT_POLICY], given[OPT_ROOT], given[OPT_RUN], hint,
		      &err) < 0 ||
	    ask(hint, given[OPT_RUN], &out, &err) < 0) {
		print_unprotected(&err);
		return verb_fail(v, &err);
	}
	if (given[OPT_RUN]) {
		fputs("export BELAY_OPT_RUN=", stdout);
		print_quoted(given[OPT_RUN], strlen(given[OPT_RUN]));
	}
	print_exports(out.data, hint);
	return EXIT_DONE;
}

const struct verb verb_begin = {
	.name = "begin",
	.synopsis = "[--policy POLICY] [--root DIR] [--run NAME]",
	.line = "open an attempt of this job, without the plugin",
	.more = "For the beginning of a batch script on a cluster that has no "
		"spank_belay:\n\n"
		"    eval \"$(belay begin --policy=standard)\"\n"
		"    trap 'belay end $?' EXIT\n\n"
		"prints the job's environment as shell commands. What Slurm "
		"kills at once, a node\nthat dies among it, runs no 'belay "
		"end': the next 'belay begin' finds out why.",
	.options = options,
	.run = run_begin,
};
