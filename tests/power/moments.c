/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moments.c - the moments of a job as belay-agent has them, without a Slurm
 *
 *	moments submit POLICY	prints the hint; BELAY_ROOT says where
 *	moments begin		prints the job's environment
 *	moments end STATUS
 *
 * slurmctld knows nothing, and nobody sleeps: the writers that a begin waits
 * for are gone.  With DIE_BEGIN=N or DIE_END=N that moment kills itself before
 * its Nth sync.
 */

#include <signal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "dispatch/dispatch.h"

void __wrap_clock_sleep_ms(int ms);
void __wrap_clock_sleep_ms(int ms)
{
	(void)ms;
}

/* ---- death ---- */

static long syncs_left;		/* 0: as many as it likes */

static void live_on(void)
{
	if (syncs_left && !--syncs_left)
		raise(SIGKILL);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	live_on();
	return __real_fsync(fd);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	live_on();
	return __real_fdatasync(fd);
}

static void lifetime(const char *name)
{
	const char *value = getenv(name);

	syncs_left = value ? atol(value) : 0;
}

/* ---- Slurm ---- */

static int load_job(void *state, uint32_t job_id, struct job_view *j,
		    struct belay_error *err)
{
	(void)state;
	(void)job_id;
	(void)j;
	return err_set(err, BELAY_ENOENT, "no such job");
}

static int load_nodes(void *state, const char *nodes, int64_t since_s,
		      struct node_evidence **out, unsigned *n,
		      struct belay_error *err)
{
	(void)state;
	(void)nodes;
	(void)since_s;
	*out = NULL;
	*n = 0;
	return err_set(err, BELAY_ENOENT, "no such node");
}

static const struct sched silent = {
	.load_job = load_job, .load_nodes = load_nodes,
};

/* ---- the moments ---- */

static int submit(const char *policy, struct belay_error *err)
{
	char text[HINT_SIZE];
	struct hint h;

	if (dispatch_submit(policy, NULL, NULL, "local", &h, err) < 0 ||
	    hint_format(&h, text, err) < 0)
		return -1;
	puts(text);
	return 0;
}

static int begin(struct moment *m, struct belay_error *err)
{
	_auto_buf_ struct buf env = { 0 }, say = { 0 };
	int rc = moment_name_run(m, err);

	lifetime("DIE_BEGIN");
	if (rc == 0)
		rc = dispatch_begin(m, &silent, &env, &say, err);
	if (rc == 0)
		fputs(buf_text(&env), stdout);
	fputs(buf_text(&say), stderr);
	return rc;
}

static int end(struct moment *m, const char *status, struct belay_error *err)
{
	_auto_buf_ struct buf say = { 0 };

	lifetime("DIE_END");
	m->wait_status = atoi(status) << 8;
	return dispatch_end(m, &silent, &say, err);
}

int main(int argc, char **argv)
{
	static struct moment m;
	struct belay_error err = { 0 };
	int rc = -1;

	if (argc == 3 && !strcmp(argv[1], "submit"))
		rc = submit(argv[2], &err);
	else if (moment_from_env(&m, &err) < 0)
		;
	else if (argc == 2 && !strcmp(argv[1], "begin"))
		rc = begin(&m, &err);
	else if (argc == 3 && !strcmp(argv[1], "end"))
		rc = end(&m, argv[2], &err);
	if (rc < 0)
		fprintf(stderr, "moments: %s\n", err.text);
	return rc < 0 ? 1 : 0;
}
