/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.c - run belay-agent once, with a deadline, and hear what it says
 *
 * Three processes: ours, a middle one, and the agent.  The middle one makes a
 * process group, starts the agent in it and exits at once, so that an agent
 * that even SIGKILL cannot end, on a hung file system, is nobody's child here:
 * a batch script never finds it among its own.  The middle one is reaped last:
 * until then its number, which is the group's, cannot be given to others, and
 * killing the group is safe.
 *
 * The end of the reply is the end of the pipe, never somebody's death.  What
 * the agent writes to stderr is not part of the reply; when there is none its
 * first line is the reason, such as the loader's about a missing library.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugin/agent.h"
#include "plugin/child.h"

struct pipes {
	int out[2], err[2];
};

static long long mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void close_pair(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

/* The agent's stderr does not block: what nobody reads until the end must not
 * hold it, and what is too much for a pipe is lost. */
static int pipes_open(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 } };
	if (pipe2(p->out, O_CLOEXEC) == 0 &&
	    pipe2(p->err, O_CLOEXEC | O_NONBLOCK) == 0)
		return 0;
	close_pair(p->out);
	return -1;
}

static void pipes_close_ours_to_write(struct pipes *p)
{
	close(p->out[1]);
	close(p->err[1]);
	p->out[1] = p->err[1] = -1;
}

/* The deadline after what r has asked for since: never earlier than it was. */
static long long extended(const struct agent *a, struct reply *r,
			  long long start, long long deadline)
{
	long long last = start + REPLY_WAIT_MAX * 1000LL;
	long long wish = mono_ms() + r->wait_s * 1000LL;

	if (!a->may_wait || !r->wait_s)
		return deadline;
	r->wait_s = 0;
	if (wish > last)
		wish = last;
	return wish > deadline ? wish : deadline;
}

/* 1: the reply came to its end, or broke a rule; 0: the deadline came first */
static int listen_to(int fd, const struct agent *a, struct reply *r)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	long long start = mono_ms(), deadline = start + a->deadline_s * 1000LL;
	char buf[4096];

	for (;;) {
		long long left = deadline - mono_ms();
		ssize_t n;

		if (left <= 0)
			return 0;
		if (poll(&pollfd, 1, (int)left) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || reply_feed(r, buf, (size_t)n) < 0)
			return 1;
		deadline = extended(a, r, start, deadline);
	}
}

/* The middle process exits on its own at once; a second is for a machine on
 * its knees.  Left over, it is reaped by whoever is waiting next. */
static void reap(pid_t middle)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int i = 0; i < 100; i++) {
		if (waitpid(middle, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
}

/* The first line that the agent wrote to stderr, fit to be printed. */
static bool complaint(int fd, char why[AGENT_WHY])
{
	ssize_t n = read(fd, why, AGENT_WHY - 1);

	if (n <= 0)
		return false;
	why[n] = '\0';
	why[strcspn(why, "\n")] = '\0';
	for (char *p = why; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return why[0] != '\0';
}

/* The first reason that there is; took_s says whether it was an agent that
 * fell over at once or one that its own deadline ended. */
static int failed(const struct reply *r, bool in_time, long long took_s,
		  int err, char why[AGENT_WHY])
{
	if (r->error)
		snprintf(why, AGENT_WHY, "%s", r->error);
	else if (!in_time)
		snprintf(why, AGENT_WHY, "belay-agent did not answer within "
			 "%lld s", took_s);
	else if (!r->silent)
		snprintf(why, AGENT_WHY, "belay-agent answered with %s",
			 r->fault);
	else if (!complaint(err, why))
		snprintf(why, AGENT_WHY, "belay-agent ended without an answer "
			 "after %lld s", took_s);
	return -1;
}

int agent_run(const struct agent *a, struct reply *r, char why[AGENT_WHY])
{
	long long start = mono_ms();
	struct pipes p;
	pid_t middle;
	bool in_time;
	int rc;

	reply_init(r);
	if (pipes_open(&p) < 0 ||
	    (middle = child_start(a, p.out[1], p.err[1])) < 0) {
		snprintf(why, AGENT_WHY, "cannot start belay-agent: %s",
			 strerror(errno));
		close_pair(p.out);
		close_pair(p.err);
		return -1;
	}
	pipes_close_ours_to_write(&p);
	in_time = listen_to(p.out[0], a, r);
	if (!in_time || r->fault)
		kill(-middle, SIGKILL);
	rc = reply_end(r);
	if (!in_time || rc < 0)
		rc = failed(r, in_time, (mono_ms() - start) / 1000, p.err[0],
			    why);
	close_pair(p.out);
	close_pair(p.err);
	reap(middle);
	return rc;
}
