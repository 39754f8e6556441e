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
#define ROOM_NS 2000000000	/* from one look for room to the next */

struct executor {
	struct executor_spec spec;
	int epollfd, childfd;
	int settled[2];		/* pipe: addresses of slots */
	struct slot *slots;
	unsigned running;
	struct tasks waiting;	/* for a slot */
	int64_t room_ns;	/* when to look for room again; 0: there is */
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

/* Nothing more is begun while something cannot be brought into its place. */
static bool has_room(const struct executor *x, int64_t now)
{
	if (!x->room_ns)
		return true;
	for (unsigned i = 0; i < x->spec.slots; i++)
		if (x->slots[i].state >= SLOT_SETTLING)
			return false;
	return now >= x->room_ns;
}

/* Once it is time to look for room, what is still settling wakes us. */
static int64_t soonest_deadline(const struct executor *x, int64_t now)
{
	int64_t soonest = x->waiting.first && x->room_ns > now ? x->room_ns : 0;

	for (unsigned i = 0; i < x->spec.slots; i++) {
		const struct slot *s = &x->slots[i];

		if ((s->state == SLOT_RUNNING || s->state == SLOT_STUCK) &&
		    s->deadline_ns && (!soonest || s->deadline_ns < soonest))
			soonest = s->deadline_ns;
	}
	return soonest;
}

int executor_wait_ms(const struct executor *x)
{
	int64_t now = clock_mono_ns(), soonest;

	if (x->waiting.first && x->running < x->spec.slots && !x->stopping &&
	    has_room(x, now))
		return 0;
	soonest = soonest_deadline(x, now);
	if (!soonest)
		return -1;
	if (soonest <= now)
		return 0;
	now = (soonest - now) / 1000000 + 1;
	return now > INT_MAX ? INT_MAX : (int)now;
}

static void out_of_time(struct executor *x, struct slot *s, int64_t now)
{
	s->timed_out = s->timed_out || !x->stopping;
	s->deadline_ns = s->terminated ? 0 : now + KILL_AFTER_NS;
	slot_signal(s, s->terminated ? SIGKILL : SIGTERM);
}

static void settled(struct executor *x, struct slot *s, enum settled how);

static void enforce_deadlines(struct executor *x)
{
	int64_t now = clock_mono_ns();

	for (unsigned i = 0; i < x->spec.slots; i++) {
		struct slot *s = &x->slots[i];

		if (!s->deadline_ns || s->deadline_ns > now)
			continue;
		if (s->state == SLOT_RUNNING)
			out_of_time(x, s, now);
		else if (s->state == SLOT_STUCK)
			settled(x, s, slot_settle(s));
	}
}

/* ---- from chunk to chunk ------------------------------------------------ */

/* Free the slot; what it ran is the caller's. */
static struct task *vacate(struct executor *x, struct slot *s)
{
	struct task *t = s->task;

	s->state = SLOT_FREE;
	s->task = NULL;
	s->result.out = s->result.err = (struct capture){ 0 };
	x->running--;
	return t;
}

static void report(struct executor *x, struct slot *s)
{
	struct result r = s->result;

	task_free(vacate(x, s));
	if (!x->stopping || r.kind == 0)
		x->spec.ended(x->spec.arg, &r);
	capture_free(&r.out);
	capture_free(&r.err);
}

/* When all is to end it is as good as killed: for the next map. */
static void report_lost(struct executor *x, struct slot *s)
{
	s->result.kind = FAIL_LOST;
	report(x, s);
}

static void no_room(struct executor *x, uint64_t chunk,
		    const struct belay_error *err)
{
	x->room_ns = clock_mono_ns() + ROOM_NS;
	x->spec.stuck(x->spec.arg, chunk, err->text);
}

static void run_again(struct executor *x, struct slot *s)
{
	capture_free(&s->result.out);
	capture_free(&s->result.err);
	s->result.kind = FAIL_LOST;	/* a new stage, then */
	tasks_put_back(&x->waiting, vacate(x, s));
}

static void settled(struct executor *x, struct slot *s, enum settled how)
{
	uint64_t chunk = s->result.chunk;

	if (how == SETTLED_LATER)
		return;
	if (how == SETTLED) {
		report(x, s);
		return;
	}
	if (x->stopping) {
		report_lost(x, s);
		return;
	}
	if (how == SETTLED_SPOILED)
		run_again(x, s);
	else
		s->state = SLOT_STUCK;
	no_room(x, chunk, &s->err);
	s->deadline_ns = x->room_ns;
}

static void watch_pipes(struct executor *x, struct slot *s)
{
	for (unsigned which = 0; which < 2; which++)
		watch(x, s->reading[which], s->number * 2 + which);
}

/* A chunk that finds no room has not begun. */
static void start(struct executor *x, struct slot *s, struct task *t)
{
	struct belay_error err;
	int rc = slot_prepare(s, &err);

	if (rc < 0 && err_is_no_room(&err)) {
		tasks_put_back(&x->waiting, t);
		no_room(x, t->chunk, &err);
		return;
	}
	x->running++;
	x->spec.begun(x->spec.arg, t->chunk, t->try);
	s->task = t;
	slot_begin(s);
	if (rc == 0 && slot_spawn(s, &err) == 0) {
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

static void start_waiting(struct executor *x)
{
	struct slot *s;

	if (!x->waiting.first || !has_room(x, clock_mono_ns()))
		return;
	x->room_ns = 0;
	while (!x->stopping && !x->room_ns && x->waiting.first &&
	       (s = free_slot(x)))
		start(x, s, tasks_take(&x->waiting));
}

int executor_add(struct executor *x, uint64_t chunk, uint32_t try,
		 const char *item, struct belay_error *err)
{
	return tasks_add(&x->waiting, chunk, try, item, err);
}

/* ---- what happened ------------------------------------------------------ */

static void ended(struct executor *x, struct slot *s)
{
	slot_reap(s);
	settled(x, s, slot_settle(s));
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
	settled(x, s, slot_settled(s));
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

void executor_stop(struct executor *x)
{
	int64_t then = clock_mono_ns() + STOP_AFTER_NS;

	x->stopping = true;
	tasks_free(&x->waiting);
	for (unsigned i = 0; i < x->spec.slots; i++) {
		struct slot *s = &x->slots[i];

		if (s->state == SLOT_STUCK)
			report_lost(x, s);
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
	task_free(s->task);
	slot_fini(s);
}

void executor_free(struct executor *x)
{
	if (!x)
		return;
	tasks_free(&x->waiting);
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
