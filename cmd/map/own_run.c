/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_run.c - a run that nobody began for us: claim, cut, begin and end
 *
 * The order is that of every begin: the claim fences the attempt before, then
 * the cut says how far it is believed, then begin.json makes it known.  Who
 * lived elsewhere and may not have noticed yet is given two seconds between.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "checkpoint/checkpoint.h"
#include "cmd/map/here.h"
#include "cmd/map/own_run.h"

#define FENCE_WAIT_MS 2000

/* ---- which run ---------------------------------------------------------- */

static void default_name(const struct session_spec *spec, const char *dir,
			 char out[RUN_NAME_SIZE])
{
	struct digest command = command_digest(spec->command), all;
	_auto_buf_ struct buf text = { 0 };
	char hex[DIGEST_HEX];

	buf_add(&text, dir, strlen(dir) + 1);
	buf_add(&text, spec->set, strlen(spec->set) + 1);
	buf_add(&text, command.bytes, sizeof(command.bytes));
	all = digest_of(buf_text(&text), text.len);
	digest_format(&all, hex);
	snprintf(out, RUN_NAME_SIZE, "map-%.16s", hex);
}

static const char *cluster_name(void)
{
	const char *cluster = getenv("SLURM_CLUSTER_NAME");

	return getenv("SLURM_JOB_ID") && cluster && *cluster ? cluster : "local";
}

static int open_run(struct session *s, const struct session_spec *spec,
		    struct belay_error *err)
{
	_auto_free_ char *root = run_root(spec->root, err);
	_auto_free_ char *dir = getcwd(NULL, 0);
	char name[RUN_NAME_SIZE], submission[RUN_ID_HEX];
	uint8_t random[16];
	bool fresh, renamed;

	if (!root)
		return -1;
	if (!dir || text_random(random, sizeof(random)) < 0)
		return err_sys(err, "cannot tell where this is");
	text_hex(random, sizeof(random), submission);
	default_name(spec, dir, name);
	s->run = run_create(&(struct run_spec){
		.root = root, .cluster = cluster_name(),
		.name = spec->run ? spec->run : name,
		.submission = submission, .preset = "standard",
		.work_dir = dir, .join = true,
	}, &fresh, &renamed, err);
	return s->run ? 0 : -1;
}

/* ---- who had it before -------------------------------------------------- */

static int publish_end(struct session *s, unsigned attempt,
		       const char *cause, int exit_code, int signal,
		       const char *reason, struct belay_error *err)
{
	struct end end = {
		.end_us = clock_wall_us(), .exit_code = exit_code,
		.signal = signal, .suspects = (char[]){ "" },
		.evidence = (char *[]){ (char *)(uintptr_t)reason },
		.n_evidence = 1, .by = "map",
	};
	struct decided decided = {
		.decided_us = end.end_us, .attempts_left = -1, .by = "map",
		.action = "none", .rule = "belay map decides nothing",
	};

	gethostname(end.host, sizeof(end.host) - 1);
	snprintf(end.cause, sizeof(end.cause), "%s", cause);
	snprintf(decided.host, sizeof(decided.host), "%s", end.host);
	snprintf(decided.reason, sizeof(decided.reason), "%s", reason);
	snprintf(decided.policy, sizeof(decided.policy), "%s", s->run->preset);
	if (run_publish_end(s->run, attempt, &end, err) < 0)
		return -1;
	return run_publish_decision(s->run, attempt, &decided, err) < 0 ? -1 : 0;
}

static uint32_t own_job(void)
{
	const char *text = getenv("SLURM_JOB_ID");
	uint64_t id = 0;

	if (!text || text_u64(text, UINT32_MAX, &id) < 0)
		return 0;
	return (uint32_t)id;
}

static int refuse(const struct run *r, const struct begin *b,
		  struct belay_error *err)
{
	return err_set(err, BELAY_EBUSY, "process %d of %s works on run '%s'; "
		       "wait for it or end it", b->pid,
		       run_begin_alive(b) < 0 ? b->host : "this host", r->name);
}

/* Is the newest attempt over?  *wait: it may live where we cannot see. */
static int look_at_predecessor(struct session *s, unsigned *over, bool *wait,
			       struct belay_error *err)
{
	const struct attempt *a = run_newest(s->run);
	int alive;

	if (a && a->number == *over)	/* as at the look before */
		return 0;
	*over = 0;
	*wait = false;
	if (!a || a->end)
		return 0;
	alive = run_begin_alive(a->begin);
	if (alive == 1 && a->begin->pid != getpid())
		return refuse(s->run, a->begin, err);
	*over = a->number;
	if (alive == 0 || (own_job() && a->begin->job_id == own_job()))
		return 0;
	*wait = true;
	fprintf(stderr, "belay map: taking run '%s' over from %s%s, which did "
		"not say how it ended\n", s->run->name,
		*a->begin->job ? "job " : "host ",
		*a->begin->job ? a->begin->job : a->begin->host);
	return 0;
}

/* ---- is it the same set? ------------------------------------------------ */

/* A mistake on the command line shall not cost an attempt, nor end one that
 * did well; so this comes before the claim. */
static int check_set(struct session *s, const struct session_spec *spec,
		     struct belay_error *err)
{
	struct chunk_state *state = chunk_state_load(s->run, err);
	struct belay_error why;
	bool same;

	if (!state)
		return -1;
	same = session_define(state, spec, &why);
	chunk_state_free(state);
	if (same)
		return 0;
	return err_set(err, why.code, why.code == BELAY_ECONFIG ?
		       "%s: --set or --run" : "%s", why.text);
}

/* ---- begin -------------------------------------------------------------- */

static int existing_checkpoints(struct run *r, struct begin *b,
				struct belay_error *err)
{
	struct checkpoint_list list = { 0 };

	if (checkpoint_list(r, &list, err) < 0)
		return -1;
	b->checkpoints = calloc(list.n + 1, sizeof(*b->checkpoints));
	for (unsigned i = 0; b->checkpoints && i < list.n; i++)
		b->checkpoints[b->n_checkpoints++] = list.c[i].id;
	checkpoint_list_free(&list);
	return b->checkpoints ? 0 : err_nomem(err);
}

/* What the attempts before have done, and believed so from now on. */
static int count_done(struct run *r, struct begin *b, struct belay_error *err)
{
	struct chunk_state *state = chunk_state_load(r, err);
	uint64_t n[5], total;

	if (!state)
		return -1;
	chunk_totals(state, n, &total);
	chunk_state_free(state);
	b->chunks_done = n[CHUNK_DONE];
	return 0;
}

static int describe(struct begin *b, struct belay_error *err)
{
	const char *job = getenv("SLURM_JOB_ID");
	const char *nodes = getenv("SLURM_JOB_NODELIST");

	b->job_id = own_job();
	if (b->job_id)
		snprintf(b->job, sizeof(b->job), "%s", job);
	run_begin_self(b);
	here_name(b->batch_host);
	b->nodes = strdup(b->job_id && nodes ? nodes : b->batch_host);
	b->begin_us = clock_wall_us();
	return b->nodes ? 0 : err_nomem(err);
}

/* Who typed the same command line at the same time may have the run instead. */
static int heed_void(struct session *s, struct belay_error *err)
{
	const struct attempt *a;

	if (run_reload(s->run, err) < 0)
		return -1;
	a = run_attempt(s->run, s->attempt);
	return a && a->voided ? refuse(s->run, a->voided, err) : 0;
}

static int publish_begin(struct session *s, struct begin *b,
			 struct belay_error *err)
{
	int rc;

	b->begin_us = clock_wall_us();
	strcpy(b->action, run_newest(s->run) ? "retry" : "start");
	if (journal_cut(s->run, s->attempt, b, err) < 0 ||
	    existing_checkpoints(s->run, b, err) < 0 ||
	    count_done(s->run, b, err) < 0)
		return -1;
	rc = run_publish_begin(s->run, s->attempt, b, err);
	return rc < 0 ? -1 : heed_void(s, err);
}

/* ---- all of it ---------------------------------------------------------- */

static int claim(struct session *s, const struct begin *b, unsigned *over,
		 bool *wait, struct belay_error *err)
{
	int rc;

	for (unsigned tries = 0;; tries++) {
		if (look_at_predecessor(s, over, wait, err) < 0)
			return -1;
		rc = run_claim(s->run, b, &s->attempt, err);
		if (rc)
			return rc < 0 ? -1 : run_reload(s->run, err);
		if (run_claim_again(s->run, tries, err) < 0)
			return -1;
	}
}

/* The attempt before ours has an end then, whose it ever was. */
static int end_predecessor(struct session *s, unsigned over,
			   struct belay_error *err)
{
	const struct attempt *before = run_newest(s->run);

	if (over)
		return publish_end(s, over, "vanished", -1, -1, "the run was "
				   "begun anew, and it had not ended", err);
	return before ? run_settle(s->run, before->number, err) : 0;
}

static int begin_as(struct session *s, struct begin *b,
		    struct belay_error *err)
{
	unsigned over = 0;
	bool wait = false;

	if (describe(b, err) < 0 || claim(s, b, &over, &wait, err) < 0)
		return -1;
	if (wait)
		clock_sleep_ms(FENCE_WAIT_MS);
	if (end_predecessor(s, over, err) < 0 || publish_begin(s, b, err) < 0)
		return -1;
	s->own = true;
	return 0;
}

int own_run_begin(struct session *s, const struct session_spec *spec,
		  struct belay_error *err)
{
	struct begin *b;
	int rc;

	if (open_run(s, spec, err) < 0 || check_set(s, spec, err) < 0)
		return -1;
	b = calloc(1, sizeof(*b));
	if (!b)
		return err_nomem(err);
	rc = begin_as(s, b, err);
	begin_free(b);
	return rc;
}

/* Who presses Ctrl-C has no failure to look into. */
static const char *cause_of(int exit_status, int signal)
{
	if (signal == SIGINT || signal == SIGTERM)
		return "cancelled";
	if (signal)
		return "signaled";
	return exit_status ? "failed" : "completed";
}

int own_run_end(struct session *s, int exit_status, int signal,
		struct belay_error *err)
{
	char reason[128];

	if (signal)
		snprintf(reason, sizeof(reason), "belay map was stopped by "
			 "signal %d (%s)", signal, strsignal(signal));
	else
		snprintf(reason, sizeof(reason), "belay map ended with %d",
			 exit_status);
	return publish_end(s, s->attempt, cause_of(exit_status, signal),
			   signal ? -1 : exit_status, signal ? signal : -1,
			   reason, err);
}
