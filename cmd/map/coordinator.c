/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator.c - see to it that every chunk of a set is done */

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/belay/verb.h"
#include "cmd/map/coordinator_state.h"

/* Between SIGTERM and leaving, chunks get one second and then SIGKILL. */
#define LEAVE_NS 2000000000ll
/* Output that nobody reads: no new chunks until it has gone. */
#define SHOW_MAX (16u << 20)
/* So long nothing runs for want of room. */
#define ROOM_NS 60000000000ll
/* Chunks shorter than that are handed out ahead of need. */
#define SHORT_S 1.0

void coordinator_say(struct coordinator *c, const char *fmt, ...)
{
	va_list ap;

	progress_hide(&c->progress);
	fputs("belay map: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static struct facts facts(const struct coordinator *c)
{
	const struct chunk_set *set = c->spec->set;

	return (struct facts){
		.total = set->count, .done = set->n[CHUNK_DONE],
		.quarantined = set->n[CHUNK_QUARANTINED],
		.retrying = set->n[CHUNK_RETRYING],
		.running = c->members.begun,
	};
}

static uint64_t left(const struct coordinator *c)
{
	const struct chunk_set *set = c->spec->set;

	return set->count - set->n[CHUNK_DONE] - set->n[CHUNK_QUARANTINED];
}

/* ---- handing out -------------------------------------------------------- */

/* A worker far away should have the next chunk before it asks, unless chunks
 * are so long that others would rather have it. */
static unsigned allowance(const struct coordinator *c, const struct member *m)
{
	bool ahead = c->chunk_s > 0 && c->chunk_s < SHORT_S &&
		     queue_length(&c->queue) > c->members.slots;

	return m->slots * (ahead ? 2 : 1);
}

static void hand_out(struct coordinator *c, unsigned member, uint64_t chunk)
{
	const struct chunk_trouble *t = c->spec->set->troubles ?
		chunk_trouble_of(c->spec->set, chunk) : NULL;
	uint32_t try = t ? t->fails + t->lost + 1 : 1;

	if (member_take(&c->members.m[member], chunk, try, c->err) < 0 ||
	    c->crew->kind->run(c->crew, member, chunk, try,
			       items_text(c->spec->items, chunk), c->err) < 0)
		c->broken = true;
}

/* One to each member that has room, in turns, so that few go to many. */
static bool hand_out_round(struct coordinator *c)
{
	bool gave = false;
	uint64_t chunk;

	for (unsigned i = 0; i < c->members.n && !c->broken; i++) {
		struct member *m = &c->members.m[i];

		if (!m->present || m->n >= allowance(c, m))
			continue;
		if (!queue_next(&c->queue, &chunk))
			return false;
		hand_out(c, i, chunk);
		gave = true;
	}
	return gave;
}

static void hand_out_all(struct coordinator *c)
{
	if (c->leave_ns || c->ledger.health != LEDGER_FINE || c->room_ns ||
	    c->show.pending > SHOW_MAX)
		return;
	while (!c->broken && hand_out_round(c))
		;
}

/* ---- reasons to end ----------------------------------------------------- */

/* From here on nothing is begun; status holds unless another came first. */
static void end_with(struct coordinator *c, int status)
{
	if (c->leave_ns)
		return;
	c->status = status;
	c->leave_ns = clock_mono_ns() + LEAVE_NS;
	c->crew->kind->stop(c->crew);
}

static void told_to_stop(struct coordinator *c, int signal)
{
	if (c->signal) {
		c->leave_ns = 1;	/* asked twice: at once */
		return;
	}
	c->signal = signal;
	coordinator_say(c, "stopped by signal %d (%s)", signal,
			strsignal(signal));
	end_with(c, EXIT_UNFINISHED);
}

/* By a worker: all of them are told, and perhaps we ourselves. */
static void crew_told_to_stop(void *arg, int signal)
{
	struct coordinator *c = arg;

	if (!c->signal)
		told_to_stop(c, signal);
}

static void tell_health(struct coordinator *c)
{
	static const char *const words[] = {
		[LEDGER_FAILING] = "cannot record, trying again for a minute",
		[LEDGER_GIVEN_UP] = "cannot record, giving up",
		[LEDGER_FENCED] = "a newer attempt has taken over",
	};

	if (c->ledger.health == LEDGER_FINE)
		coordinator_say(c, "recording works again");
	else
		coordinator_say(c, "%s: %s", words[c->ledger.health],
				c->ledger.err.text);
}

/* Recording is what all the rest is for. */
static void look_at_ledger(struct coordinator *c)
{
	if (c->ledger.health == c->told)
		return;
	c->told = c->ledger.health;
	tell_health(c);
	if (c->told > LEDGER_FAILING)
		end_with(c, EXIT_UNFINISHED);
	if (c->told == LEDGER_FENCED)
		c->leave_ns = 1;
}

/*
 * On a full disk chunks would only fail, and in the end be given up, though
 * nothing is wrong with them.  So nothing is begun, and what runs is let run.
 */
static void look_for_room(struct coordinator *c)
{
	int64_t now;

	if (!c->members.stuck) {
		if (c->room_ns && !c->leave_ns)
			coordinator_say(c, "there is room for results again");
		c->room_ns = 0;
		return;
	}
	now = clock_mono_ns();
	if (!c->room_ns)
		coordinator_say(c, "no room for results, trying again for a "
				"minute: %s", c->no_room);
	if (!c->room_ns || members_work(&c->members))
		c->room_ns = now;
	if (now - c->room_ns < ROOM_NS || c->leave_ns)
		return;
	coordinator_say(c, "no room for results, giving up: %s", c->no_room);
	end_with(c, EXIT_UNFINISHED);
}

/* When nothing is left to run. */
static int status_of_all(const struct coordinator *c)
{
	return c->spec->set->n[CHUNK_QUARANTINED] ? EXIT_QUARANTINED
						  : EXIT_DONE;
}

static bool nothing_to_tell(const struct coordinator *c)
{
	return ledger_is_empty(&c->ledger) && !c->show.first;
}

static void look_for_end(struct coordinator *c)
{
	look_at_ledger(c);
	look_for_room(c);
	if (c->leave_ns)
		return;
	if (c->show.failed) {
		coordinator_say(c, "cannot write the output: %s",
				strerror(c->show.error));
		end_with(c, EXIT_FAILED);
	} else if (!left(c) && nothing_to_tell(c)) {
		end_with(c, status_of_all(c));
	} else if (c->crew->kind->is_over(c->crew)) {
		coordinator_say(c, "nobody is left to run chunks");
		end_with(c, EXIT_UNFINISHED);
	}
}

static bool may_leave(const struct coordinator *c)
{
	if (!c->leave_ns)
		return false;
	return clock_mono_ns() >= c->leave_ns ||
	       (c->crew->kind->is_over(c->crew) && nothing_to_tell(c));
}

/* ---- round and round ---------------------------------------------------- */

static void read_signal(struct coordinator *c)
{
	struct signalfd_siginfo info;

	while (read(c->signalfd, &info, sizeof(info)) == sizeof(info))
		told_to_stop(c, (int)info.ssi_signo);
}

/* The least of all, where -1 is for ever. */
static int sooner(int a_ms, int b_ms)
{
	return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static void wait_for_something(struct coordinator *c, int wait_ms)
{
	struct pollfd p[4] = {
		{ .fd = c->signalfd, .events = POLLIN },
		{ .fd = c->crew->kind->fd(c->crew), .events = POLLIN },
		{ .fd = recorder_fd(c->ledger.recorder), .events = POLLIN },
	};
	nfds_t n = 3 + show_wants(&c->show, &p[3]);

	if (c->leave_ns)		/* to look at the time */
		wait_ms = sooner(wait_ms, 50);
	poll(p, n, sooner(wait_ms, c->crew->kind->wait_ms(c->crew)));
}

static void turn(struct coordinator *c)
{
	struct facts now;
	int ledger_ms, progress_ms;

	read_signal(c);
	c->crew->kind->turn(c->crew);
	if (ledger_turn(&c->ledger, !c->members.begun, &ledger_ms, c->err) < 0)
		c->broken = true;
	show_turn(&c->show);
	look_for_end(c);
	hand_out_all(c);
	now = facts(c);
	progress_turn(&c->progress, &now, &progress_ms);
	if (!c->broken && !may_leave(c))
		wait_for_something(c, sooner(ledger_ms, progress_ms));
}

/* ---- from begin to end -------------------------------------------------- */

static int open_signals(struct coordinator *c)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	c->signalfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->signalfd < 0)
		return err_sys(c->err, "cannot watch signals");
	/* also in the threads to come; children are the crew's */
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int begin(struct coordinator *c)
{
	const struct coordinator_spec *spec = c->spec;
	const struct crew_listener listener = {
		.joined = account_joined, .begun = account_begun,
		.ended = account_ended, .stuck = account_stuck,
		.lost = account_lost, .told_to_stop = crew_told_to_stop, .arg = c,
	};

	if (open_signals(c) < 0 ||
	    queue_init(&c->queue, spec->set->count, c->err) < 0 ||
	    ledger_open(&c->ledger, spec->session->journal,
			spec->session->state, spec->session->attempt,
			c->err) < 0)
		return -1;
	c->ledger.recorded = account_recorded;
	c->ledger.arg = c;
	c->show.progress = &c->progress;
	progress_begin(&c->progress, STDERR_FILENO, spec->set->n[CHUNK_DONE]);
	if (account_begin(c) < 0)
		return -1;
	c->crew = spec->make_crew(spec->work, &listener, c->err);
	return c->crew ? 0 : -1;
}

/* The last chunks may have ended well while all was being stopped. */
static int final_status(struct coordinator *c)
{
	struct facts last = facts(c);

	last.running = 0;
	progress_end(&c->progress, &last);
	if (c->status != EXIT_UNFINISHED || left(c))
		return c->status;
	c->signal = 0;
	return status_of_all(c);
}

static void end(struct coordinator *c)
{
	if (c->crew)
		c->crew->kind->free(c->crew);
	ledger_close(&c->ledger);
	show_free(&c->show);
	queue_fini(&c->queue);
	members_free(&c->members);
	if (c->signalfd >= 0)
		close(c->signalfd);
}

int coordinator_run(const struct coordinator_spec *spec, int *signal,
		    struct belay_error *err)
{
	struct coordinator c = { .spec = spec, .signalfd = -1, .err = err };
	int rc = begin(&c);

	while (rc == 0 && !may_leave(&c)) {
		turn(&c);
		rc = c.broken ? -1 : 0;
	}
	if (rc == 0)
		rc = final_status(&c);
	*signal = c.signal;
	end(&c);
	return rc;
}
