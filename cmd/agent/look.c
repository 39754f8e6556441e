/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - belay-agent look: what Slurm says of a job, as JSON */

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/agent/agent.h"
#include "slurm/slurm_sched.h"

static void put_job(struct json_out *o, const struct job_view *j)
{
	json_put_str(o, "job", j->record);
	json_put_str(o, "state", job_state_word(j->state));
	json_put_bool(o, "completing", j->completing);
	json_put_bool(o, "held", j->held);
	json_put_bool(o, "held_by_admin", j->held_by_admin);
	json_put_bool(o, "requeue_allowed", j->requeue_allowed);
	json_put_u64(o, "restart", j->restart);
	json_put_time(o, "start_time", j->start_time * 1000000);
	json_put_time(o, "begin_time", j->begin_time * 1000000);
	json_put_time(o, "preempt_time", j->preempt_time * 1000000);
	json_put_str(o, "batch_host", j->batch_host);
	json_put_str(o, "nodes", j->nodes);
	json_put_str(o, "exc_nodes", j->exc_nodes);
	json_put_u64(o, "user_id", j->user_id);
	json_put_str(o, "failed_node", j->failed_node);
}

/* A job that Slurm does not know (any more) has no state. */
static void print(const char *cluster, const struct job_view *j)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	json_open(&o, NULL, '{');
	json_put_str(&o, "cluster", cluster);
	if (j)
		put_job(&o, j);
	else
		json_put_null(&o, "state");
	json_close(&o, '}');
	puts(buf_text(&text));
}

static int run(int argc, char **argv)
{
	const struct sched *s = slurm_sched();
	struct belay_error err;
	char cluster[256];
	struct job_view job;
	uint64_t id;
	int rc;

	if (argc != 2 || text_u64(argv[1], UINT32_MAX, &id) < 0)
		return agent_usage("look: a job id is needed");
	if (slurm_cluster_name(cluster, sizeof(cluster), &err) < 0)
		return agent_fail(&err);
	rc = s->load_job(s->state, (uint32_t)id, &job, &err);
	if (rc < 0 && err.code != BELAY_ENOENT)
		return agent_fail(&err);
	print(cluster, rc < 0 ? NULL : &job);
	if (rc == 0)
		job_view_free(&job);
	return 0;
}

const struct agent_verb look_verb = {
	"look", "JOBID", "what Slurm says of a job", 3000, run
};
