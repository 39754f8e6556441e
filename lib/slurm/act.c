/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - requeue, change, hold and cancel a job */

#include <signal.h>

#include "slurm/calls.h"
#include "slurm/version.h"

/* libslurm takes char * and writes nothing there. */
static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

/*
 * Calls that name records answer in two ways: by their return code, and by one
 * code per record of an array, the first of which that is an error counts.
 */
static int answer(int rc, job_array_resp_msg_t *resp, const char *what,
		  const char *record, struct belay_error *err)
{
	int code = 0;

	if (rc)
		return slurm_fail(err, 0, what, record);
	for (uint32_t i = 0; resp && i < resp->job_array_count && !code; i++)
		code = (int)resp->error_code[i];
	if (resp)
		slurm_free_job_array_resp(resp);
	return code ? slurm_fail(err, code, what, record) : 0;
}

int job_requeue(void *state, const char *record, bool hold,
		struct belay_error *err)
{
	job_array_resp_msg_t *resp = NULL;
	int rc;

	slurm_start(state);
	rc = slurm_requeue2(borrowed(record), hold ? JOB_REQUEUE_HOLD : 0,
			    &resp);
	return answer(rc, resp, "requeue job", record, err);
}

static int update(struct slurm_state *s, job_desc_msg_t *change,
		  const char *record, const char *what,
		  struct belay_error *err)
{
	job_array_resp_msg_t *resp = NULL;
	int rc;

	slurm_start(s);
	change->job_id_str = borrowed(record);
	rc = slurm_update_job2(change, &resp);
	return answer(rc, resp, what, record, err);
}

static job_desc_msg_t where_and_when(struct slurm_state *s,
				     const char *exc_nodes, int64_t begin_time)
{
	job_desc_msg_t change;

	slurm_start(s);
	slurm_init_job_desc_msg(&change);
	if (exc_nodes)
		change.exc_nodes = borrowed(exc_nodes);
	if (begin_time)
		change.begin_time = begin_time;
	return change;
}

int job_update(void *state, const char *record, const char *exc_nodes,
	       int64_t begin_time, struct belay_error *err)
{
	job_desc_msg_t change = where_and_when(state, exc_nodes, begin_time);

	return update(state, &change, record, "update job", err);
}

/* A user's hold, whoever asks: its owner may release it. */
int job_hold(void *state, const char *record, const char *exc_nodes,
	     int64_t begin_time, struct belay_error *err)
{
	job_desc_msg_t change = where_and_when(state, exc_nodes, begin_time);

	change.priority = 0;
	change.alloc_sid = ALLOC_SID_USER_HOLD;
	return update(state, &change, record, "hold job", err);
}

int job_cancel(void *state, const char *record, struct belay_error *err)
{
	slurm_start(state);
	if (slurm_kill_job2(record, SIGKILL, 0, NULL))
		return slurm_fail(err, 0, "cancel job", record);
	return 0;
}
