/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.c - a run that nobody began for us: claim, cut, begin and end
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

#include "api/own.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "checkpoint/checkpoint.h"
#include "chunk/state.h"
#include "journal/journal.h"

#define FENCE_WAIT_MS 2000

/* ---- which run ---------------------------------------------------------- */

void own_node_name(char out[256])
{
	const char *name = getenv("SLURMD_NODENAME");

	if (name && *name && text_format(out, 256, "%s", name) == 0)
		return;
	if (gethostname(out, 255) < 0)
		strcpy(out, "localhost");
	out[255] = '\0';
}

static const char *cluster_name(void)
{
	const char *cluster = getenv("SLURM_CLUSTER_NAME");

	return getenv("SLURM_JOB_ID") && cluster && *cluster ? cluster : "local";
}

int own_run_open(struct own_run *o, const char *given_root, const char *name,
		 struct belay_error *err)
{
	_auto_free_ char *root = run_root(given_root, err);
	_auto_free_ char *dir = getcwd(NULL, 0);
	char submission[RUN_ID_HEX];
	uint8_t random[16];
	bool fresh, renamed;

	if (!root)
		return -1;
	if (!dir || text_random(random, sizeof(random)) < 0)
		return err_sys(err, "cannot tell where this is");
	text_hex(random, sizeof(random), submission);
	o->run = run_create(&(struct run_spec){
		.root = root, .cluster = cluster_name(), .name = name,
		.submission = submission, .preset = "standard",
		.work_dir = dir, .join = true,
	}, &fresh, &renamed, err);
	return o->run ? 0 : -1;
}

/* ---- who had it before -------------------------------------------------- */

static int publish_end(struct own_run *o, unsigned attempt,
		       const char *cause, int exit_code, int signal,
		       const char *reason, struct belay_error *err)
{
	struct end end = {
		.end_us = clock_wall_us(), .exit_code = exit_code,
		.signal = signal, .suspects = (char[]){ "" },
		.evidence = (char *[]){ (char *)(uintptr_t)reason },
		.n_evidence = 1,
	};
	struct decided decided = {
		.decided_us = end.end_us, .attempts_left = -1,
		.action = "none", .rule = "nobody decides about a run of its own",
	};

	snprintf(end.by, sizeof(end.by), "%s", o->by);
	snprintf(decided.by, sizeof(decided.by), "%s", o->by);
	gethostname(end.host, sizeof(end.host) - 1);
	snprintf(end.cause, sizeof(end.cause), "%s", cause);
	snprintf(decided.host, sizeof(decided.host), "%s", end.host);
	snprintf(decided.reason, sizeof(decided.reason), "%s", reason);
	snprintf(decided.policy, sizeof(decided.policy), "%s", o->run->preset);
	if (run_publish_end(o->run, attempt, &end, err) < 0)
		return -1;
	return run_publish_decision(o->run, attempt, &decided, err) < 0 ? -1 : 0;
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
static int look_at_predecessor(struct own_run *o, unsigned *over, bool *wait,
			       struct belay_error *err)
{
	const struct attempt *a = run_newest(o->run);
	int alive;

	if (a && a->number == *over)	/* as at the look before */
		return 0;
	*over = 0;
	*wait = false;
	if (!a || a->end)
		return 0;
	alive = run_begin_alive(a->begin);
	if (alive == 1 && a->begin->pid != getpid())
		return refuse(o->run, a->begin, err);
	*over = a->number;
	if (alive == 0 || (own_job() && a->begin->job_id == own_job()))
		return 0;
	*wait = true;
	snprintf(o->say, sizeof(o->say), "taking run '%s' over from %s%s, which "
		 "did not say how it ended", o->run->name,
		 *a->begin->job ? "job " : "host ",
		 *a->begin->job ? a->begin->job : a->begin->host);
	return 0;
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
	own_node_name(b->batch_host);
	b->nodes = strdup(b->job_id && nodes ? nodes : b->batch_host);
	b->begin_us = clock_wall_us();
	return b->nodes ? 0 : err_nomem(err);
}

/* Who began it at the same time may have the run instead. */
static int heed_void(struct own_run *o, struct belay_error *err)
{
	const struct attempt *a;

	if (run_reload(o->run, err) < 0)
		return -1;
	a = run_attempt(o->run, o->attempt);
	return a && a->voided ? refuse(o->run, a->voided, err) : 0;
}

static int publish_begin(struct own_run *o, struct begin *b,
			 struct belay_error *err)
{
	int rc;

	b->begin_us = clock_wall_us();
	strcpy(b->action, run_newest(o->run) ? "retry" : "start");
	if (journal_cut(o->run, o->attempt, b, err) < 0 ||
	    existing_checkpoints(o->run, b, err) < 0 ||
	    count_done(o->run, b, err) < 0)
		return -1;
	rc = run_publish_begin(o->run, o->attempt, b, err);
	return rc < 0 ? -1 : heed_void(o, err);
}

/* ---- all of it ---------------------------------------------------------- */

static int claim(struct own_run *o, const struct begin *b, unsigned *over,
		 bool *wait, struct belay_error *err)
{
	int rc;

	for (unsigned tries = 0;; tries++) {
		if (look_at_predecessor(o, over, wait, err) < 0)
			return -1;
		rc = run_claim(o->run, b, &o->attempt, err);
		if (rc)
			return rc < 0 ? -1 : run_reload(o->run, err);
		if (run_claim_again(o->run, tries, err) < 0)
			return -1;
	}
}

/* The attempt before ours has an end then, whose it ever was. */
static int end_predecessor(struct own_run *o, unsigned over,
			   struct belay_error *err)
{
	const struct attempt *before = run_newest(o->run);

	if (over)
		return publish_end(o, over, "vanished", -1, -1, "the run was "
				   "begun anew, and it had not ended", err);
	return before ? run_settle(o->run, before->number, err) : 0;
}

static int begin_as(struct own_run *o, struct begin *b,
		    struct belay_error *err)
{
	unsigned over = 0;
	bool wait = false;

	if (describe(b, err) < 0 || claim(o, b, &over, &wait, err) < 0)
		return -1;
	if (wait)
		clock_sleep_ms(FENCE_WAIT_MS);
	if (end_predecessor(o, over, err) < 0 || publish_begin(o, b, err) < 0)
		return -1;
	return 0;
}

int own_run_begin(struct own_run *o, struct belay_error *err)
{
	struct begin *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return err_nomem(err);
	rc = begin_as(o, b, err);
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

int own_run_end(struct own_run *o, int exit_status, int signal,
		const char *reason, struct belay_error *err)
{
	return publish_end(o, o->attempt, cause_of(exit_status, signal),
			   signal ? -1 : exit_status, signal ? signal : -1,
			   reason, err);
}
