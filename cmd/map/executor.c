/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.c - run chunks on this node, so many at a time
 *
 * One epoll set holds the pipes of all chunks, the signal that a child has
 * ended, and the pipe on which settling threads report.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/map/slot.h"
#include "journal/event.h"

#define KILL_AFTER_NS 10000000000	/* from SIGTERM to SIGKILL: timeout */
#define STOP_AFTER_NS 1000000000	/* the same when all is to end */

struct waiting {		/* chunks handed over before a slot was free */
	uint64_t chunk;
	uint32_t try;
	char *item;
	struct waiting *next;
};

struct executor {
	struct executor_spec spec;
	int epollfd, childfd;
	int settled[2];		/* pipe: addresses of slots */
	struct slot *slots;
	unsigned running;
	struct waiting *first, **last;
	bool stopping;
};

/* What an epoll event is about. */
enum { ABOUT_CHILD = UINT_MAX - 1, ABOUT_SETTLED };

static int watch(struct executor *x, int fd, uint32_t about)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = about };

	return epoll_ctl(x->epollfd, EPOLL_CTL_ADD, fd, &e);
}

static int open_descriptors(struct executor *x)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	x->epollfd = epoll_create1(EPOLL_CLOEXEC);
	x->childfd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (x->epollfd < 0 || x->childfd < 0 ||
	    pipe2(x->settled, O_CLOEXEC) < 0)
		return -1;
	return watch(x, x->childfd, ABOUT_CHILD) < 0 ||
	       watch(x, x->settled[0], ABOUT_SETTLED) < 0 ? -1 : 0;
}

struct executor *executor_new(const struct executor_spec *spec,
			      struct belay_error *err)
{
	struct executor *x = calloc(1, sizeof(*x));

	if (!x) {
		err_nomem(err);
		return NULL;
	}
	x->spec = *spec;
	x->last = &x->first;
	x->settled[0] = x->settled[1] = -1;
	x->slots = calloc(spec->slots, sizeof(*x->slots));
	if (!x->slots)
		err_nomem(err);
	else if (open_descriptors(x) < 0)
		err_sys(err, "cannot watch children");
	else {
		unsigned i = 0;

		while (i < spec->slots &&
		       slot_init(&x->slots[i], i, &x->spec, x->settled[1],
				 err) == 0)
			i++;
		if (i == spec->slots)
			return x;
	}
	executor_free(x);
	return NULL;
}

int executor_fd(const struct executor *x)
{
	return x->epollfd;
}

unsigned executor_running(const struct executor *x)
{
	return x->running;
}

/* ---- deadlines ---------------------------------------------------------- */

int executor_wait_ms(const struct executor *x)
{
	int64_t now = clock_mono_ns(), soonest = 0;

	if (x->first && x->running < x->spec.slots && !x->stopping)
		return 0;
	for (unsigned i = 0; i < x->spec.slots; i++) {
		const struct slot *s = &x->slots[i];

		if (s->state == SLOT_RUNNING && s->deadline_ns &&
		    (!soonest || s->deadline_ns < soonest))
			soonest = s->deadline_ns;
	}
	if (!soonest)
		return -1;
	if (soonest <= now)
		return 0;
	now = (soonest - now) / 1000000 + 1;
	return now > INT_MAX ? INT_MAX : (int)now;
}

static void enforce_deadlines(struct executor *x)
{
	int64_t now = clock_mono_ns();

	for (unsigned i = 0; i < x->spec.slots; i++) {
		struct slot *s = &x->slots[i];

		if (s->state != SLOT_RUNNING || !s->deadline_ns ||
		    s->deadline_ns > now)
			continue;
		s->timed_out = s->timed_out || !x->stopping;
		s->deadline_ns = s->terminated ? 0 : now + KILL_AFTER_NS;
		slot_signal(s, s->terminated ? SIGKILL : SIGTERM);
	}
}

/* ---- from chunk to chunk ------------------------------------------------ */

static void report(struct executor *x, struct slot *s)
{
	struct result r = s->result;

	s->state = SLOT_FREE;
	s->result.out = s->result.err = (struct capture){ 0 };
	x->running--;
	if (!x->stopping || r.kind == 0)
		x->spec.ended(x->spec.arg, &r);
	capture_free(&r.out);
	capture_free(&r.err);
}

static void watch_pipes(struct executor *x, struct slot *s)
{
	for (unsigned which = 0; which < 2; which++)
		watch(x, s->reading[which], s->number * 2 + which);
}

static void start(struct executor *x, struct slot *s, uint64_t chunk,
		  uint32_t try, const char *item)
{
	struct belay_error err;

	x->running++;
	x->spec.begun(x->spec.arg, chunk, try);
	if (slot_spawn(s, chunk, try, item, &err) == 0) {
		watch_pipes(x, s);
		return;
	}
	s->result.kind = FAIL_START;
	s->result.value = err.sys;
	snprintf(s->result.reason, sizeof(s->result.reason), "%.255s",
		 err.text);
	report(x, s);
}

static struct slot *free_slot(struct executor *x)
{
	for (unsigned i = 0; i < x->spec.slots; i++)
		if (x->slots[i].state == SLOT_FREE)
			return &x->slots[i];
	return NULL;
}

static struct waiting *take_waiting(struct executor *x)
{
	struct waiting *w = x->first;

	if (!w)
		return NULL;
	x->first = w->next;
	if (!x->first)
		x->last = &x->first;
	return w;
}

static void start_waiting(struct executor *x)
{
	struct waiting *w;
	struct slot *s;

	while (!x->stopping && x->first && (s = free_slot(x))) {
		w = take_waiting(x);
		start(x, s, w->chunk, w->try, w->item);
		free(w->item);
		free(w);
	}
}

int executor_add(struct executor *x, uint64_t chunk, uint32_t try,
		 const char *item, struct belay_error *err)
{
	struct waiting *w;

	w = calloc(1, sizeof(*w));
	if (w && item)
		w->item = strdup(item);
	if (!w || (item && !w->item)) {
		free(w);
		return err_nomem(err);
	}
	w->chunk = chunk;
	w->try = try;
	*x->last = w;
	x->last = &w->next;
	return 0;
}

/* ---- what happened ------------------------------------------------------ */

static void ended(struct executor *x, struct slot *s)
{
	slot_reap(s);
	if (!slot_settle(s))
		report(x, s);
}

static struct slot *slot_of(struct executor *x, pid_t pid)
{
	for (unsigned i = 0; i < x->spec.slots; i++)
		if (x->slots[i].state == SLOT_RUNNING && x->slots[i].pid == pid)
			return &x->slots[i];
	return NULL;
}

static void reap_children(struct executor *x)
{
	struct signalfd_siginfo info;
	siginfo_t child;
	struct slot *s;

	while (read(x->childfd, &info, sizeof(info)) > 0)
		;
	for (;;) {
		child.si_pid = 0;
		if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    !child.si_pid)
			return;
		s = slot_of(x, child.si_pid);
		if (s)
			ended(x, s);
		else			/* not ours, inherited over exec */
			waitpid(child.si_pid, NULL, 0);
	}
}

static void collect_settled(struct executor *x)
{
	struct slot *s;

	if (read(x->settled[0], &s, sizeof(s)) != sizeof(s))
		return;
	slot_settled(s);
	report(x, s);
}

/* Children last: a slot that is used again has new pipes with old numbers. */
void executor_turn(struct executor *x)
{
	struct epoll_event events[64];
	bool children = false, settled = false;
	int n = epoll_wait(x->epollfd, events, 64, 0);

	for (int i = 0; i < n; i++) {
		uint32_t about = events[i].data.u32;

		if (about == ABOUT_CHILD)
			children = true;
		else if (about == ABOUT_SETTLED)
			settled = true;
		else
			slot_read(&x->slots[about / 2], about % 2);
	}
	if (settled)
		collect_settled(x);
	if (children)
		reap_children(x);
	enforce_deadlines(x);
	start_waiting(x);
}

/* ---- the end ------------------------------------------------------------ */

static void forget_waiting(struct executor *x)
{
	struct waiting *w;

	while ((w = take_waiting(x))) {
		free(w->item);
		free(w);
	}
}

void executor_stop(struct executor *x)
{
	int64_t then = clock_mono_ns() + STOP_AFTER_NS;

	x->stopping = true;
	forget_waiting(x);
	for (unsigned i = 0; i < x->spec.slots; i++) {
		struct slot *s = &x->slots[i];

		if (s->state != SLOT_RUNNING)
			continue;
		slot_signal(s, SIGTERM);
		s->deadline_ns = then;
	}
}

static void end_slot(struct slot *s)
{
	if (s->state == SLOT_RUNNING) {
		slot_signal(s, SIGKILL);
		slot_reap(s);
	} else if (s->state == SLOT_SETTLING) {
		slot_settled(s);
	}
	capture_free(&s->result.out);
	capture_free(&s->result.err);
	slot_fini(s);
}

void executor_free(struct executor *x)
{
	if (!x)
		return;
	forget_waiting(x);
	for (unsigned i = 0; x->slots && i < x->spec.slots; i++)
		end_slot(&x->slots[i]);
	free(x->slots);
	if (x->epollfd > 0)
		close(x->epollfd);
	if (x->childfd > 0)
		close(x->childfd);
	if (x->settled[0] >= 0) {
		close(x->settled[0]);
		close(x->settled[1]);
	}
	free(x);
}
