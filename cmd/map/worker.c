/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - 'belay map-worker': run chunks on a node for a coordinator
 *
 * It decides nothing: it runs what it is given, says how that ended, and
 * leaves when it is told to, when its coordinator is silent for too long, or
 * after a signal, which it passes on because Slurm may have sent it to steps
 * alone.
 */

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/own.h"
#include "base/clock.h"
#include "cmd/map/here.h"
#include "cmd/map/items.h"
#include "cmd/map/map.h"
#include "cmd/map/outbox.h"
#include "cmd/map/rendezvous.h"
#include "cmd/map/workplace.h"

#define BEAT_NS 2000000000ll
#define SILENCE_NS 20000000000ll
/* From being stopped to leaving, whatever still runs. */
#define LEAVE_NS 3000000000ll

struct worker {
	struct link *link;
	struct outbox outbox;
	struct work_box box;
	struct workplace place;
	bool placed;		/* box and place are in use */
	int signalfd;
	int64_t heard_ns, said_ns;
	int64_t leave_ns;	/* 0: at work */
	struct buf msg;
	struct belay_error *err;
	bool broken;		/* err says why */
};

static void say(struct worker *w, const struct wire *m, struct result *r)
{
	if (outbox_add(&w->outbox, m, r, w->err) < 0)
		w->broken = true;
	w->said_ns = clock_mono_ns();
}

static void begun(void *arg, uint64_t chunk, uint32_t try)
{
	say(arg, &(struct wire){
		.type = WIRE_BEGUN, .chunk = chunk, .try = try }, NULL);
}

static void ended(void *arg, struct result *r)
{
	struct wire m = {
		.type = WIRE_RESULT, .chunk = r->chunk, .try = r->try,
		.kind = r->kind, .value = r->value,
		.duration_us = r->duration_us,
	};

	snprintf(m.reason, sizeof(m.reason), "%s", r->reason);
	say(arg, &m, r);
}

static void stuck(void *arg, uint64_t chunk, const char *why)
{
	struct wire m = { .type = WIRE_STUCK, .chunk = chunk };

	snprintf(m.reason, sizeof(m.reason), "%s", why);
	say(arg, &m, NULL);
}

/* ---- what the coordinator says ------------------------------------------ */

static void take_work(struct worker *w, const struct wire *m)
{
	struct belay_error ignored;

	if (w->placed)
		return;
	if (work_decode(m->blob, m->blob_len, &w->box, w->err) < 0) {
		w->broken = true;
		return;
	}
	/* not found here: each chunk will say so */
	command_find(&w->box.command, &ignored);
	if (workplace_open(&w->place, &w->box.work, &(struct executor_spec){
		.begun = begun, .ended = ended, .stuck = stuck, .arg = w,
	    }, w->err) < 0)
		w->broken = true;
	else
		w->placed = true;
}

static void run_chunk(struct worker *w, const struct wire *m)
{
	static char item[ITEM_MAX + 1];

	if (!w->placed || w->leave_ns || m->blob_len > ITEM_MAX)
		return;
	memcpy(item, m->blob, m->blob_len);
	item[m->blob_len] = '\0';
	if (executor_add(w->place.executor, m->chunk, m->try,
			 m->blob_len ? item : NULL, w->err) < 0)
		w->broken = true;
}

static void stop(struct worker *w)
{
	if (w->leave_ns)
		return;
	w->leave_ns = clock_mono_ns() + LEAVE_NS;
	if (w->placed)
		executor_stop(w->place.executor);
}

static void handle(struct worker *w, const struct wire *m)
{
	switch (m->type) {
	case WIRE_WORK:
		take_work(w, m);
		break;
	case WIRE_RUN:
		run_chunk(w, m);
		break;
	case WIRE_STOP:
		stop(w);
		break;
	default:
		break;		/* a beat */
	}
}

static void receive(struct worker *w)
{
	struct peer coordinator;
	struct wire m;
	int rc;

	while (!w->broken) {
		rc = link_receive(w->link, &coordinator, &w->msg, w->err);
		if (rc == 0)
			return;
		w->heard_ns = clock_mono_ns();
		if (rc < 0 || wire_decode(buf_text(&w->msg), w->msg.len, &m,
					  w->err) < 0)
			w->broken = true;
		else
			handle(w, &m);
	}
}

/* ---- round and round ---------------------------------------------------- */

static void read_signals(struct worker *w)
{
	struct signalfd_siginfo info;

	while (read(w->signalfd, &info, sizeof(info)) == sizeof(info)) {
		say(w, &(struct wire){ .type = WIRE_SIGNAL,
				       .number = info.ssi_signo }, NULL);
		stop(w);
	}
}

static bool is_idle(const struct worker *w)
{
	return outbox_is_empty(&w->outbox) &&
	       (!w->placed || !executor_running(w->place.executor));
}

static void watch_time(struct worker *w)
{
	int64_t now = clock_mono_ns();

	if (now - w->said_ns > BEAT_NS)
		say(w, &(struct wire){ .type = WIRE_BEAT }, NULL);
	if (now - w->heard_ns > SILENCE_NS) {
		err_set(w->err, BELAY_EFAILED, "the coordinator has been "
			"silent for %d s", (int)(SILENCE_NS / 1000000000));
		w->broken = true;
	}
}

static void wait_for_something(struct worker *w)
{
	struct pollfd p[3] = {
		{ .fd = link_fd(w->link), .events = POLLIN },
		{ .fd = w->signalfd, .events = POLLIN },
		{ .fd = w->placed ? executor_fd(w->place.executor) : -1,
		  .events = POLLIN },
	};
	int wait_ms = 500, sooner;

	if (w->leave_ns || !outbox_is_empty(&w->outbox))
		wait_ms = 20;
	sooner = w->placed ? executor_wait_ms(w->place.executor) : -1;
	if (sooner >= 0 && sooner < wait_ms)
		wait_ms = sooner;
	if (link_is_ready(w->link))
		wait_ms = 0;
	poll(p, 3, wait_ms);
}

static int work(struct worker *w)
{
	while (!w->broken) {
		receive(w);
		if (w->placed && !w->broken)
			executor_turn(w->place.executor);
		read_signals(w);
		watch_time(w);
		if (outbox_send(&w->outbox, w->link, w->err) < 0)
			return -1;
		if (w->leave_ns && (is_idle(w) ||
				    clock_mono_ns() > w->leave_ns))
			return 0;
		wait_for_something(w);
	}
	return -1;
}

/* ---- from begin to end -------------------------------------------------- */

static int open_signals(struct worker *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	w->signalfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signalfd < 0)
		return err_sys(w->err, "cannot watch signals");
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int greet(struct worker *w, const char *path)
{
	struct wire hello = {
		.type = WIRE_HELLO, .protocol = WIRE_PROTOCOL,
		.number = here_cpus(),
	};
	char endpoint[LINK_ENDPOINT];
	struct link_keys keys;

	if (open_signals(w) < 0 ||
	    rendezvous_read(path, endpoint, &keys, w->err) < 0)
		return -1;
	w->link = link_connect(endpoint, &keys, w->err);
	if (!w->link)
		return -1;
	w->heard_ns = clock_mono_ns();
	own_node_name(hello.node);
	say(w, &hello, NULL);
	return 0;
}

static void leave(struct worker *w)
{
	struct belay_error ignored;

	if (w->placed) {
		workplace_close(&w->place);
		work_box_fini(&w->box);
	}
	if (w->link) {
		say(w, &(struct wire){ .type = WIRE_BYE }, NULL);
		outbox_send(&w->outbox, w->link, &ignored);
	}
	link_close(w->link);
	outbox_free(&w->outbox);
	buf_free(&w->msg);
	if (w->signalfd >= 0)
		close(w->signalfd);
}

static int run(const struct verb *v, int argc, char **argv)
{
	struct belay_error err = { 0 };
	struct worker w = { .signalfd = -1, .err = &err };
	int rc;

	if (argc != 2)
		return verb_usage(v, "where is the coordinator?");
	rc = greet(&w, argv[1]) < 0 || work(&w) < 0 ? verb_fail(v, &err)
						    : EXIT_DONE;
	w.err = &(struct belay_error){ 0 };
	leave(&w);
	return rc;
}

const struct verb verb_map_worker = {
	.name = "map-worker",
	.synopsis = "FILE",
	.more = "Started by 'belay map' on each node, by nobody else.",
	.run = run,
};
