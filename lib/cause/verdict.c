/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - the evidence behind a cause, in words for people */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "cause/verdict.h"

#define LINES_MAX (sizeof(((struct verdict *)0)->lines) / sizeof(char *))

int verdict_say(struct verdict *v, struct belay_error *err, const char *fmt,
		...)
{
	va_list ap;
	int n;

	if (v->n_lines == LINES_MAX)
		return 0;
	va_start(ap, fmt);
	n = vasprintf(&v->lines[v->n_lines], fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_nomem(err);
	v->n_lines++;
	return 0;
}

void verdict_free(struct verdict *v)
{
	for (unsigned i = 0; i < v->n_lines; i++)
		free(v->lines[i]);
	hosts_free(&v->suspects);
	*v = (struct verdict){ .exit_code = -1, .signal = -1 };
}

int tell_state(const struct evidence *e, struct verdict *v,
	       struct belay_error *err)
{
	return verdict_say(v, err, "Slurm says %s", job_state_word(e->state));
}

int tell_preempted(const struct evidence *e, struct verdict *v,
		   struct belay_error *err)
{
	time_t at = (time_t)e->preempt_time;
	char text[32] = "?";
	struct tm tm;

	if (!e->preempt_time)
		return 0;
	if (gmtime_r(&at, &tm))
		strftime(text, sizeof(text), "%FT%TZ", &tm);
	return verdict_say(v, err, "Slurm preempted it at %s", text);
}

int tell_requeued(const struct evidence *e, struct verdict *v,
		  struct belay_error *err)
{
	(void)e;
	return verdict_say(v, err, "Slurm has put the job back into the queue");
}

int tell_oom(const struct evidence *e, struct verdict *v,
	     struct belay_error *err)
{
	if (!e->oom_kill)
		return 0;
	return verdict_say(v, err, "the kernel killed a process of the job for "
				   "want of memory");
}

int tell_status(const struct evidence *e, struct verdict *v,
		struct belay_error *err)
{
	int s = e->wait_status;

	if (!e->seen_end)
		return 0;
	if (WIFSIGNALED(s))
		return verdict_say(v, err, "signal %d (%s) ended the script",
				   WTERMSIG(s), strsignal(WTERMSIG(s)));
	return verdict_say(v, err, "the script ended with exit status %d",
			   WEXITSTATUS(s));
}

int tell_failed_node(const struct evidence *e, struct verdict *v,
		     struct belay_error *err)
{
	if (!e->failed_node[0])
		return 0;
	return verdict_say(v, err, "Slurm names %s as the node that failed",
			   e->failed_node);
}

/* All nodes that share a fate, in one line: there may be thousands. */
static int tell_many(const struct evidence *e, bool down, struct verdict *v,
		     struct belay_error *err)
{
	_auto_hosts_ struct hosts hosts = { 0 };
	_auto_buf_ struct buf list = { 0 };
	const char *state = "DOWN";

	for (unsigned i = 0; i < e->n_nodes; i++) {
		const struct node_evidence *n = &e->nodes[i];

		if (down ? !n->down : n->down || !n->rebooted)
			continue;
		if (!hosts.n && n->state[0])
			state = n->state;
		if (hosts_add(&hosts, n->name, err) < 0)
			return -1;
	}
	if (!hosts.n)
		return 0;
	hosts_format(&hosts, &list);
	if (list.failed)
		return err_nomem(err);
	if (!down)
		return verdict_say(v, err, "%s rebooted after the attempt "
				   "began", buf_text(&list));
	if (hosts.n > 1)
		return verdict_say(v, err, "nodes %s are down",
				   buf_text(&list));
	return verdict_say(v, err, "node %s is %s", buf_text(&list), state);
}

int tell_nodes(const struct evidence *e, struct verdict *v,
	       struct belay_error *err)
{
	if (tell_many(e, true, v, err) < 0)
		return -1;
	return tell_many(e, false, v, err);
}

int tell_restarts(const struct evidence *e, struct verdict *v,
		  struct belay_error *err)
{
	if (!e->job_known)
		return verdict_say(v, err, "Slurm does not know the job any "
				   "more");
	if (e->restart_now == e->restart_then)
		return 0;
	return verdict_say(v, err, "Slurm's restart count rose from %u to %u",
			   e->restart_then, e->restart_now);
}

int tell_no_end(const struct evidence *e, struct verdict *v,
		struct belay_error *err)
{
	if (e->seen_end)
		return 0;
	if (e->later_attempt)
		return verdict_say(v, err,
				   "the next attempt found no end of this one");
	return verdict_say(v, err, "nobody saw the script end");
}

int tell_never_began(const struct evidence *e, struct verdict *v,
		     struct belay_error *err)
{
	(void)e;
	return verdict_say(v, err, "the attempt was claimed, but never began");
}
