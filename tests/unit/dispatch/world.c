/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - a job, its Slurm and its disk, to let moments happen in */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "policy/policy.h"
#include "tests/unit/dispatch/world.h"

static struct world *world;		/* whose sleep is wrapped */

void __wrap_clock_sleep_ms(int ms);
void __wrap_clock_sleep_ms(int ms)
{
	void (*turn)(struct world *w) = world->in_sleep;

	world->slept_ms += ms;
	world->in_sleep = NULL;
	if (turn)
		turn(world);
}

/* ---- Slurm ---- */

static int away(struct fake_slurm *f, struct belay_error *err)
{
	f->calls++;
	if (!f->away)
		return 0;
	err_set(err, BELAY_EFAILED, "slurmctld is away");
	if (err)
		err->sys = EAGAIN;
	return -1;
}

static int load_job(void *state, uint32_t job_id, struct job_view *j,
		    struct belay_error *err)
{
	struct fake_slurm *f = state;

	if (away(f, err) < 0)
		return -1;
	if (job_id != f->job_id && job_id != f->other_id)
		return err_set(err, BELAY_ENOENT, "no such job");
	*j = (struct job_view){
		.job_id = job_id,
		.state = f->state,
		.completing = f->completing,
		.requeue_allowed = !f->no_requeue,
		.restart = f->restart,
		.start_time = f->start_time,
		.begin_time = f->begin_time,
		.num_nodes = 2,
		.nodes = strdup(f->nodes),
		.exc_nodes = strdup(f->exc_nodes),
		.req_nodes = strdup(""),
	};
	snprintf(j->record, sizeof(j->record), "%u", job_id);
	snprintf(j->batch_host, sizeof(j->batch_host), "%s", f->batch_host);
	if (job_id == f->other_id) {
		j->state = JOB_STATE_RUNNING;
		j->submit_time = f->other_submitted;
	}
	return 0;
}

static int load_nodes(void *state, const char *nodes, int64_t since_s,
		      struct node_evidence **out, unsigned *n,
		      struct belay_error *err)
{
	_auto_hosts_ struct hosts hosts = { 0 };
	struct fake_slurm *f = state;

	(void)since_s;
	if (away(f, err) < 0 || hosts_parse(&hosts, nodes, err) < 0)
		return -1;
	*out = calloc(hosts.n + 1, sizeof(**out));
	*n = (unsigned)hosts.n;
	f->serving = f->down ? 3 : 4;
	for (size_t i = 0; i < hosts.n; i++) {
		snprintf((*out)[i].name, sizeof((*out)[i].name), "%s",
			 hosts.name[i]);
		(*out)[i].down = f->down && !strcmp(hosts.name[i], f->down);
	}
	return 0;
}

static int requeue(void *state, const char *record, bool hold,
		   struct belay_error *err)
{
	struct fake_slurm *f = state;

	if (away(f, err) < 0)
		return -1;
	if (f->refuses_requeue)
		return err_set(err, BELAY_EFAILED, "it may not");
	buf_printf(&f->did, "requeue%s %s; ", hold ? "-held" : "", record);
	if (f->state != JOB_STATE_PENDING)
		f->restart++;
	f->state = JOB_STATE_PENDING;
	f->completing = true;
	return 0;
}

static int update(void *state, const char *record, const char *exc_nodes,
		  int64_t begin_time, struct belay_error *err)
{
	struct fake_slurm *f = state;

	(void)record;
	if (away(f, err) < 0)
		return -1;
	if (exc_nodes) {
		snprintf(f->exc_nodes, sizeof(f->exc_nodes), "%s", exc_nodes);
		buf_printf(&f->did, "exclude %s; ", exc_nodes);
	}
	if (begin_time) {
		f->begin_time = begin_time;
		buf_printf(&f->did, "start; ");
		f->passes++;
	}
	return 0;
}

static int note(struct fake_slurm *f, const char *what, const char *record,
		struct belay_error *err)
{
	if (away(f, err) < 0)
		return -1;
	buf_printf(&f->did, "%s %s; ", what, record);
	return 0;
}

static int hold(void *state, const char *record, const char *exc_nodes,
		int64_t begin_time, struct belay_error *err)
{
	struct fake_slurm *f = state;

	if (note(f, "hold", record, err) < 0)
		return -1;
	f->calls--;	/* it is one */
	return update(f, record, exc_nodes, begin_time, err);
}

static int cancel(void *state, const char *record, struct belay_error *err)
{
	return note(state, "cancel", record, err);
}

/* The configuration is asked for once. */
static int kill_wait(void *state)
{
	struct fake_slurm *f = state;

	f->calls += !f->configured;
	f->configured = true;
	return 30;
}

/* Known once nodes have been looked up. */
static int cluster_nodes(void *state)
{
	const struct fake_slurm *f = state;

	return f->serving;
}

static int64_t passes(void *state)
{
	const struct fake_slurm *f = state;

	return f->passes;
}

/* What libslurm told the one before is not known any more. */
static void new_process(struct fake_slurm *f)
{
	f->calls = 0;
	f->configured = false;
	f->serving = 0;
}

/* ---- the world ---- */

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *dir;

	if (!w || tmpdir_setup(&dir) < 0)
		return -1;
	w->dir = dir;
	w->slurm = (struct fake_slurm){
		.job_id = 12, .state = JOB_STATE_RUNNING, .start_time = 1000,
		.batch_host = "n1", .nodes = "n[1-2]",
	};
	w->sched = (struct sched){
		&w->slurm, load_job, load_nodes, requeue, update, hold, cancel,
		kill_wait, cluster_nodes, passes
	};
	w->moment = (struct moment){
		.hint = { "0123456789abcdef0123456789abcdef", "standard", "",
			  "" },
		.cluster = "c", .run_name = "12", .job = "12", .job_id = 12,
		.nodes = "n[1-2]", .node = "n1", .work_dir = "/",
	};
	snprintf(w->moment.root, sizeof(w->moment.root), "%s", w->dir->path);
	*state = world = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	void *dir = w->dir;

	buf_free(&w->env);
	buf_free(&w->say);
	buf_free(&w->slurm.did);
	free(w);
	return tmpdir_teardown(&dir);
}

void world_restart(struct world *w, const char *nodes, const char *batch_host)
{
	struct fake_slurm *f = &w->slurm;

	f->restart = w->moment.restart + 1;
	f->state = JOB_STATE_RUNNING;
	f->completing = false;
	f->start_time += 100;
	f->nodes = nodes;
	f->batch_host = batch_host;
	buf_clear(&f->did);
	new_process(f);
	w->slept_ms = 0;
	w->moment.restart = f->restart;
	snprintf(w->moment.nodes, sizeof(w->moment.nodes), "%s", nodes);
	snprintf(w->moment.node, sizeof(w->moment.node), "%s", batch_host);
}

void world_requeue(struct world *w, const char *completing)
{
	struct fake_slurm *f = &w->slurm;

	f->restart++;
	f->state = JOB_STATE_PENDING;
	f->completing = true;
	f->start_time = 999999;
	f->nodes = completing;
}

void world_policy(struct world *w, const char *text)
{
	struct hint *h = &w->moment.hint;

	policy_digest(text, strlen(text), h->policy);
	assert_ok(run_policy_store(w->moment.root, "c", h->policy, text,
				   strlen(text), &w->err), &w->err);
}

int world_begin(struct world *w)
{
	buf_clear(&w->env);
	buf_clear(&w->say);
	new_process(&w->slurm);
	return dispatch_begin(&w->moment, &w->sched, &w->env, &w->say, &w->err);
}

int world_end(struct world *w, int exit_status)
{
	buf_clear(&w->say);
	new_process(&w->slurm);
	w->moment.wait_status = exit_status << 8;
	return dispatch_end(&w->moment, &w->sched, &w->say, &w->err);
}

int world_after(struct world *w, const char *node)
{
	struct moment m = w->moment;

	snprintf(m.node, sizeof(m.node), "%s", node);
	new_process(&w->slurm);
	buf_clear(&w->say);
	return dispatch_after(&m, &w->sched, &w->say, &w->err);
}

struct run *world_make(struct world *w)
{
	struct run_spec spec = {
		.root = w->moment.root, .cluster = "c", .name = "12",
		.submission = w->moment.hint.submission,
		.preset = "standard", .work_dir = "/",
	};
	bool fresh, renamed;
	struct run *r = run_create(&spec, &fresh, &renamed, &w->err);

	if (!r)
		fail_msg("%s", w->err.text);
	return r;
}

struct run *world_run(struct world *w)
{
	struct run *r = run_open(w->moment.root, "c", "12", &w->err);

	if (!r)
		fail_msg("%s", w->err.text);
	return r;
}

const char *world_env(struct world *w, const char *name)
{
	static char value[512];
	size_t len = strlen(name);
	const char *at = buf_text(&w->env);

	for (; *at; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, name, len) || at[len] != '=')
			continue;
		snprintf(value, sizeof(value), "%.*s",
			 (int)strcspn(at, "\n") - (int)len - 1, at + len + 1);
		return value;
	}
	return NULL;
}
