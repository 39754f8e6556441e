/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alive.c - is the process that began an attempt still there?
 *
 * Only for runs outside Slurm, where nobody else knows.  A pid is reused; its
 * start time, within one boot, is not.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

static void read_boot_id(char out[40])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	out[0] = '\0';
	if (f && fscanf(f, "%39s", out) != 1)
		out[0] = '\0';
	if (f)
		fclose(f);
}

/* Field 22 of /proc/PID/stat; 0 when there is no such process. */
static uint64_t process_start(int pid)
{
	char path[32], line[1024], *at;
	unsigned long long start = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	at = strrchr(line, ')');	/* the command's name may hold anything */
	if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			  "%*u %*u %*d %*d %*d %*d %*d %*d %llu", &start) != 1)
		return 0;
	return start;
}

void run_begin_self(struct begin *b)
{
	b->host[0] = '\0';
	gethostname(b->host, sizeof(b->host) - 1);
	b->host[sizeof(b->host) - 1] = '\0';
	read_boot_id(b->boot_id);
	b->pid = getpid();
	b->pid_start = process_start(b->pid);
}

bool run_process_lives(int pid, uint64_t start)
{
	return start && process_start(pid) == start;
}

int run_begin_alive(const struct begin *b)
{
	struct begin self = { 0 };

	run_begin_self(&self);
	if (strcmp(self.host, b->host) || !*self.boot_id || b->pid <= 0)
		return -1;
	if (strcmp(self.boot_id, b->boot_id))
		return 0;	/* this host, but an earlier boot of it */
	return run_process_lives(b->pid, b->pid_start);
}
