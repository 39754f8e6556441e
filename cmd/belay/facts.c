/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - what a run's records say now, and Slurm where they cannot know */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/belay/facts.h"
#include "cmd/belay/moment.h"
#include "journal/journal.h"

/* A job whose every node died leaves no end, and only Slurm knows that it is
 * over.  How a run stands whose newest attempt has no end: */
static const struct { const char *job_state; enum run_state state; }
by_job_state[] = {
	{ "PENDING", RUN_WAITING }, { "RUNNING", RUN_RUNNING },
	{ "SUSPENDED", RUN_RUNNING }, { "COMPLETED", RUN_COMPLETED },
	{ "CANCELLED", RUN_CANCELLED }, { "FAILED", RUN_FAILED },
	{ "TIMEOUT", RUN_FAILED }, { "NODE_FAIL", RUN_FAILED },
	{ "PREEMPTED", RUN_FAILED }, { "BOOT_FAIL", RUN_FAILED },
	{ "DEADLINE", RUN_FAILED }, { "OUT_OF_MEMORY", RUN_FAILED },
};

static enum run_state state_of_job(const struct json *job)
{
	const char *state = json_str(job, "state", NULL);

	if (!state || json_u64(job, "user_id", 0) != geteuid())
		return RUN_UNKNOWN;
	if (!strcmp(state, "PENDING") && json_bool(job, "held", false))
		return RUN_HELD;	/* a hold of one that runs comes later */
	for (size_t i = 0; i < sizeof(by_job_state) / sizeof(by_job_state[0]);
	     i++)
		if (!strcmp(state, by_job_state[i].job_state))
			return by_job_state[i].state;
	return RUN_UNKNOWN;
}

/* Another cluster's job is asked of nobody: its number means another one here. */
static enum run_state as_slurm_says(const struct run *r,
				    const struct attempt *a)
{
	_auto_json_ struct json *job = NULL;
	char id[16];

	snprintf(id, sizeof(id), "%u", a->begin->job_id);
	job = moment_look(id);
	if (!job || strcmp(json_str(job, "cluster", ""), r->cluster))
		return RUN_RUNNING;
	return state_of_job(job);
}

/* For people alone, so what cannot be read now is left out. */
static void count_late(struct facts *f)
{
	for (unsigned i = 0; i < f->run->n_attempts; i++)
		journal_count_late(f->run, f->run->attempts[i].number,
				   &f->late, NULL);
}

int facts_load(struct run *r, struct facts *f, struct belay_error *err)
{
	const struct attempt *a = run_newest(r);

	*f = (struct facts){ .run = r };
	f->state = run_state_of(r, a ? run_begin_alive(a->begin) : -1);
	if (f->state == RUN_RUNNING && a && a->begin->job_id)
		f->state = as_slurm_says(r, a);
	f->chunks = chunk_state_load(r, err);
	if (!f->chunks || checkpoint_list(r, &f->checkpoints, err) < 0) {
		facts_fini(f);
		return -1;
	}
	chunk_totals(f->chunks, f->n, &f->total);
	for (unsigned i = 0; i < f->checkpoints.n; i++)
		f->bytes += f->checkpoints.c[i].bytes;
	count_late(f);
	return 0;
}

void facts_fini(struct facts *f)
{
	checkpoint_list_free(&f->checkpoints);
	if (f->chunks)
		chunk_state_free(f->chunks);
	*f = (struct facts){ 0 };
}

uint64_t facts_chunks_done(const struct facts *f, unsigned n)
{
	return n < f->chunks->n_attempts ? f->chunks->done_by_attempt[n] : 0;
}

int64_t facts_begun_us(const struct facts *f)
{
	const struct attempt *a = run_newest(f->run);

	return a ? a->begin->begin_us : 0;
}
