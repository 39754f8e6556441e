/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - what Slurm says of a job, in our words */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "slurm/calls.h"
#include "slurm/version.h"

static const enum job_state states[] = {
	[JOB_PENDING] = JOB_STATE_PENDING,
	[JOB_RUNNING] = JOB_STATE_RUNNING,
	[JOB_SUSPENDED] = JOB_STATE_SUSPENDED,
	[JOB_COMPLETE] = JOB_STATE_COMPLETE,
	[JOB_CANCELLED] = JOB_STATE_CANCELLED,
	[JOB_FAILED] = JOB_STATE_FAILED,
	[JOB_TIMEOUT] = JOB_STATE_TIMEOUT,
	[JOB_NODE_FAIL] = JOB_STATE_NODE_FAIL,
	[JOB_PREEMPTED] = JOB_STATE_PREEMPTED,
	[JOB_BOOT_FAIL] = JOB_STATE_BOOT_FAIL,
	[JOB_DEADLINE] = JOB_STATE_DEADLINE,
	[JOB_OOM] = JOB_STATE_OOM,
};

static enum job_state state_of(uint32_t job_state)
{
	uint32_t base = job_state & JOB_STATE_BASE;

	if (base >= sizeof(states) / sizeof(states[0]))
		return JOB_STATE_UNKNOWN;
	return states[base];
}

/* The name that means this job and no other: a bare array id stands for all
 * its tasks, a component of a het job cannot be requeued alone. */
static void name_record(const slurm_job_info_t *from, struct job_view *j)
{
	if (from->array_task_id != NO_VAL)
		text_format(j->record, sizeof(j->record), "%u_%u",
			    from->array_job_id, from->array_task_id);
	else
		text_format(j->record, sizeof(j->record), "%u",
			    from->het_job_id ? from->het_job_id
					     : from->job_id);
}

static void copy(char *out, size_t size, const char *text)
{
	if (text_format(out, size, "%s", text ? text : "") < 0)
		out[0] = '\0';
}

/* Held, or will be as soon as it has completed. */
static void set_hold(const slurm_job_info_t *from, struct job_view *j)
{
	j->held = from->priority == 0 ||
		  (from->job_state & (JOB_REQUEUE_HOLD | JOB_SPECIAL_EXIT));
	j->held_by_admin = j->held && from->state_reason == WAIT_HELD;
}

static int view(const slurm_job_info_t *from, struct job_view *j,
		struct belay_error *err)
{
	*j = (struct job_view){
		.job_id = from->job_id,
		.user_id = from->user_id,
		.state = state_of(from->job_state),
		.completing = from->job_state & JOB_COMPLETING,
		.requeue_allowed = from->requeue && from->batch_flag,
		.restart = from->restart_cnt,
		.submit_time = from->submit_time,
		.start_time = from->start_time,
		.begin_time = from->eligible_time,
		.preempt_time = from->preempt_time,
		.num_nodes = from->num_nodes,
		.nodes = strdup(from->nodes ? from->nodes : ""),
		.exc_nodes = strdup(from->exc_nodes ? from->exc_nodes : ""),
		.req_nodes = strdup(from->req_nodes ? from->req_nodes : ""),
	};
	name_record(from, j);
	set_hold(from, j);
	copy(j->batch_host, sizeof(j->batch_host), from->batch_host);
	copy(j->failed_node, sizeof(j->failed_node), version_failed_node(from));
	if (j->nodes && j->exc_nodes && j->req_nodes)
		return 0;
	job_view_free(j);
	return err_nomem(err);
}

/* The answer holds every task of an array whose first task has this id. */
static const slurm_job_info_t *find(const job_info_msg_t *msg, uint32_t job_id)
{
	for (uint32_t i = 0; i < msg->record_count; i++)
		if (msg->job_array[i].job_id == job_id)
			return &msg->job_array[i];
	return NULL;
}

int job_load(void *state, uint32_t job_id, struct job_view *j,
	     struct belay_error *err)
{
	const slurm_job_info_t *found;
	job_info_msg_t *msg = NULL;
	char id[16];
	int rc;

	slurm_start(state);
	text_format(id, sizeof(id), "%u", job_id);
	if (slurm_load_job(&msg, job_id, SHOW_ALL | SHOW_LOCAL))
		return slurm_fail(err, 0, "look up job", id);
	found = find(msg, job_id);
	if (found)
		rc = view(found, j, err);
	else
		rc = slurm_fail(err, ESLURM_INVALID_JOB_ID, "look up job", id);
	slurm_free_job_info_msg(msg);
	return rc;
}
