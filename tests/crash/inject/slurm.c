/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm.c - a slurmctld for belay-agent that is a line in a file, $STAND_IN
 *
 * It stands in for lib/slurm, so that nothing but the agent's own system calls
 * can be hit.  Its own are such as nobody else makes: no fault is meant for
 * them.  One job, 12, on n1 and n2; nobody sleeps.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/text.h"
#include "slurm/slurm_sched.h"

#define LINE 80

static struct job {
	int state, completing, restart, down;	/* down: n1 */
	long begin_time;
	int requeued, held, updated, cancelled;
} job;

void __wrap_clock_sleep_ms(int ms);
void __wrap_clock_sleep_ms(int ms)
{
	(void)ms;
	while (syscall(SYS_gettid) != getpid())
		pause();	/* whoever asks for time, of no use here */
}

static int file(void)
{
	struct open_how how = { .flags = O_RDWR | O_CLOEXEC };
	const char *path = getenv("STAND_IN");

	return path ? (int)syscall(SYS_openat2, AT_FDCWD, path, &how,
				   sizeof(how)) : -1;
}

static int load(struct belay_error *err)
{
	char line[LINE + 1] = "";
	struct iovec v = { line, LINE };
	int fd = file();

	if (fd < 0 || preadv2(fd, &v, 1, 0, 0) < 0 ||
	    sscanf(line, "%d %d %d %d %ld %d %d %d %d", &job.state,
		   &job.completing, &job.restart, &job.down, &job.begin_time,
		   &job.requeued, &job.held, &job.updated, &job.cancelled) != 9)
		return err_set(err, BELAY_EFAILED, "no stand-in for Slurm");
	return 0;
}

static int store(void)
{
	char line[LINE + 1];
	struct iovec v = { line, LINE };

	snprintf(line, sizeof(line), "%d %d %d %d %ld %d %d %d %d%*s",
		 job.state, job.completing, job.restart, job.down,
		 job.begin_time, job.requeued, job.held, job.updated,
		 job.cancelled, LINE, "");
	return pwritev2(file(), &v, 1, 0, 0) == LINE ? 0 : -1;
}

static int load_job(void *state, uint32_t job_id, struct job_view *j,
		    struct belay_error *err)
{
	(void)state;
	if (load(err) < 0)
		return -1;
	if (job_id != 12)
		return err_set(err, BELAY_ENOENT, "no such job");
	*j = (struct job_view){
		.job_id = job_id, .record = "12", .batch_host = "n1",
		.state = (enum job_state)job.state,
		.completing = job.completing, .held = job.held,
		.requeue_allowed = true, .restart = (uint32_t)job.restart,
		.start_time = 1000 + job.restart,
		.begin_time = job.begin_time, .num_nodes = 2,
		.nodes = strdup(job.down && job.completing ? "n2" : "n[1-2]"),
		.exc_nodes = strdup(""), .req_nodes = strdup(""),
	};
	return 0;
}

static int load_nodes(void *state, const char *nodes, int64_t since_s,
		      struct node_evidence **out, unsigned *n,
		      struct belay_error *err)
{
	(void)state;
	(void)nodes;
	(void)since_s;
	if (load(err) < 0)
		return -1;
	*n = 2;
	*out = calloc(*n, sizeof(**out));
	strcpy((*out)[0].name, "n1");
	strcpy((*out)[1].name, "n2");
	(*out)[0].down = job.down;
	return 0;
}

static int is_there_already(struct belay_error *err)
{
	err_set(err, BELAY_EFAILED, "it is already");
	if (err)
		err->sys = EALREADY;
	return -1;
}

static int requeue(void *state, const char *record, bool hold,
		   struct belay_error *err)
{
	(void)state;
	(void)record;
	if (load(err) < 0)
		return -1;
	if (job.state == JOB_STATE_PENDING)
		return is_there_already(err);
	job.requeued++;
	job.held += hold;
	job.restart++;
	job.state = JOB_STATE_PENDING;
	job.completing = true;
	return store();
}

static int change(int *count, int64_t begin_time, struct belay_error *err)
{
	if (load(err) < 0)
		return -1;
	if (job.state != JOB_STATE_PENDING)
		return is_there_already(err);
	++*count;
	if (begin_time)
		job.begin_time = begin_time;
	return store();
}

static int update(void *state, const char *record, const char *exc_nodes,
		  int64_t begin_time, struct belay_error *err)
{
	(void)state;
	(void)record;
	(void)exc_nodes;
	return change(&job.updated, begin_time, err);
}

static int hold(void *state, const char *record, const char *exc_nodes,
		int64_t begin_time, struct belay_error *err)
{
	(void)state;
	(void)record;
	(void)exc_nodes;
	return change(&job.held, begin_time, err);
}

static int cancel(void *state, const char *record, struct belay_error *err)
{
	(void)state;
	(void)record;
	if (load(err) < 0)
		return -1;
	job.cancelled++;
	job.state = JOB_STATE_CANCELLED;
	return store();
}

static int kill_wait(void *state)
{
	(void)state;
	return 30;
}

static int cluster_nodes(void *state)
{
	(void)state;
	return 4;
}

const struct sched *slurm_sched(void)
{
	static const struct sched sched = {
		.load_job = load_job, .load_nodes = load_nodes,
		.requeue = requeue, .update = update, .hold = hold,
		.cancel = cancel, .kill_wait = kill_wait,
		.cluster_nodes = cluster_nodes,
	};

	return &sched;
}

int slurm_cluster_name(char *out, size_t size, struct belay_error *err)
{
	(void)err;
	return text_format(out, size, "mc");
}
