/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew_remote.c - a crew of workers, one on each node, started by srun
 *
 * A worker that is silent for SILENCE_NS is given up, whatever Slurm thinks of
 * its node.  Should it speak again it is sent away: its chunks run elsewhere.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/map/address.h"
#include "cmd/map/rendezvous.h"
#include "cmd/map/srun.h"
#include "cmd/map/wire.h"

#define BEAT_NS 2000000000ll
#define SILENCE_NS 12000000000ll
/* After srun has ended: what workers said last may still be on its way. */
#define LAST_WORDS_NS 500000000ll

struct partial {		/* output of a chunk whose result is to come */
	uint64_t chunk;
	struct capture stream[2];
	struct partial *next;
};

struct seat {
	struct peer peer;
	bool present;
	int64_t heard_ns, said_ns;
	struct partial *partials;
};

struct remote {
	struct crew crew;	/* first: the one is the other */
	const struct work *work;
	struct link *link;
	struct rendezvous meeting;
	int epollfd, childfd;
	pid_t srun;		/* 0: none, or ended */
	int64_t ended_ns;	/* when srun ended */
	struct seat *seats;	/* numbered as members are */
	unsigned n, present;
	bool stopping, lost;	/* lost: somebody left without tidying up */
	struct buf in, out;
};

static struct remote *remote_of(const struct crew *c)
{
	return (struct remote *)(uintptr_t)c;
}

/* ---- saying ------------------------------------------------------------- */

static int say_to(struct remote *r, const struct peer *to, const struct wire *m,
		  struct belay_error *err)
{
	buf_clear(&r->out);
	wire_encode(m, &r->out);
	if (r->out.failed)
		return err_nomem(err);
	return link_send(r->link, to, &r->out, err) < 0 ? -1 : 0;
}

/* What cannot be said is noticed by the silence that follows. */
static void say(struct remote *r, struct seat *s, enum wire_type type)
{
	s->said_ns = clock_mono_ns();
	say_to(r, &s->peer, &(struct wire){ .type = type }, NULL);
}

static void say_work(struct remote *r, const struct seat *s)
{
	_auto_buf_ struct buf blob = { 0 };

	work_encode(r->work, &blob);
	say_to(r, &s->peer, &(struct wire){
		.type = WIRE_WORK, .blob = buf_text(&blob),
		.blob_len = (uint32_t)blob.len }, NULL);
}

/* ---- output that comes before its result -------------------------------- */

static struct partial **partial_of(struct seat *s, uint64_t chunk)
{
	struct partial **p = &s->partials;

	while (*p && (*p)->chunk != chunk)
		p = &(*p)->next;
	return p;
}

static void add_output(struct seat *s, const struct wire *m)
{
	struct partial **p = partial_of(s, m->chunk);

	if (m->number > 1)
		return;
	if (!*p)
		*p = calloc(1, sizeof(**p));
	if (!*p)
		return;		/* what is lost is a part of some output */
	(*p)->chunk = m->chunk;
	capture_add(&(*p)->stream[m->number], m->blob, m->blob_len);
}

static void take_output(struct seat *s, struct result *r)
{
	struct partial **p = partial_of(s, r->chunk), *found = *p;

	if (!found)
		return;
	r->out = found->stream[0];
	r->err = found->stream[1];
	*p = found->next;
	free(found);
}

static void drop_output(struct seat *s)
{
	while (s->partials) {
		struct partial *first = s->partials;

		s->partials = first->next;
		capture_free(&first->stream[0]);
		capture_free(&first->stream[1]);
		free(first);
	}
}

/* ---- hearing ------------------------------------------------------------ */

static void lose(struct remote *r, unsigned member, const char *why)
{
	struct seat *s = &r->seats[member];
	const struct crew_listener *l = &r->crew.listener;

	if (!s->present)
		return;
	s->present = false;
	r->present--;
	r->lost = true;
	drop_output(s);
	say(r, s, WIRE_STOP);
	l->lost(l->arg, member, why);
}

static void leave(struct remote *r, unsigned member)
{
	if (!r->stopping) {
		lose(r, member, "its worker has left");
		return;
	}
	r->present -= r->seats[member].present;
	r->seats[member].present = false;
	drop_output(&r->seats[member]);
}

static void welcome(struct remote *r, const struct peer *from,
		    const struct wire *m)
{
	const struct crew_listener *l = &r->crew.listener;
	struct seat *s = reallocarray(r->seats, r->n + 1, sizeof(*s));

	if (!s)
		return;		/* it will be silent, and is not missed */
	r->seats = s;
	s += r->n;
	*s = (struct seat){
		.peer = *from, .present = true, .heard_ns = clock_mono_ns(),
	};
	r->n++;
	r->present++;
	if (r->n == r->work->nodes)	/* srun starts no more */
		link_shut(r->link);
	say_work(r, s);
	l->joined(l->arg, r->n - 1, m->node,
		  r->work->slots ? r->work->slots : m->number);
}

static void greet(struct remote *r, const struct peer *from,
		  const struct wire *m)
{
	if (m->type == WIRE_HELLO && m->protocol == WIRE_PROTOCOL &&
	    m->number && m->number <= 65536 && !r->stopping) {
		welcome(r, from, m);
		return;
	}
	if (m->type == WIRE_HELLO && m->protocol != WIRE_PROTOCOL)
		fprintf(stderr, "belay map: another version of belay is "
			"installed on %s\n", m->node);
	say_to(r, from, &(struct wire){ .type = WIRE_STOP }, NULL);
}

static void result(struct remote *r, unsigned member, const struct wire *m)
{
	const struct crew_listener *l = &r->crew.listener;
	struct result end = {
		.chunk = m->chunk, .try = m->try, .kind = m->kind,
		.value = m->value, .duration_us = m->duration_us,
	};

	snprintf(end.reason, sizeof(end.reason), "%s", m->reason);
	take_output(&r->seats[member], &end);
	l->ended(l->arg, member, &end);
	capture_free(&end.out);
	capture_free(&end.err);
}

static void handle(struct remote *r, unsigned member, const struct wire *m)
{
	const struct crew_listener *l = &r->crew.listener;

	switch (m->type) {
	case WIRE_BEGUN:
		l->begun(l->arg, member, m->chunk, m->try);
		break;
	case WIRE_OUTPUT:
		add_output(&r->seats[member], m);
		break;
	case WIRE_RESULT:
		result(r, member, m);
		break;
	case WIRE_STUCK:
		l->stuck(l->arg, member, m->chunk, m->reason);
		break;
	case WIRE_SIGNAL:
		l->told_to_stop(l->arg, (int)m->number);
		break;
	case WIRE_BYE:
		leave(r, member);
		break;
	default:
		break;		/* a beat */
	}
}

static unsigned seat_of(const struct remote *r, const struct peer *from)
{
	unsigned i = 0;

	while (i < r->n && (r->seats[i].peer.len != from->len ||
			    memcmp(r->seats[i].peer.id, from->id, from->len)))
		i++;
	return i;
}

static void hear(struct remote *r, const struct peer *from)
{
	unsigned member = seat_of(r, from);
	struct wire m;

	if (wire_decode(buf_text(&r->in), r->in.len, &m, NULL) < 0)
		return;		/* whoever says that is soon given up */
	if (member == r->n) {
		greet(r, from, &m);
	} else if (!r->seats[member].present) {
		if (m.type != WIRE_BYE)
			say(r, &r->seats[member], WIRE_STOP);
	} else {
		r->seats[member].heard_ns = clock_mono_ns();
		handle(r, member, &m);
	}
}

/* ---- time and srun ------------------------------------------------------ */

/* After all that was said is heard: we may have been asleep ourselves. */
static void watch_time(struct remote *r)
{
	int64_t now = clock_mono_ns();

	for (unsigned i = 0; i < r->n; i++) {
		struct seat *s = &r->seats[i];

		if (!s->present)
			continue;
		if (now - s->heard_ns > SILENCE_NS)
			lose(r, i, "silent for 12 s");
		else if (r->ended_ns && now - r->ended_ns > LAST_WORDS_NS)
			lose(r, i, "srun has ended");
		else if (now - s->said_ns > BEAT_NS)
			say(r, s, WIRE_BEAT);
	}
}

static void reap_srun(struct remote *r)
{
	struct signalfd_siginfo info;
	int status;

	while (read(r->childfd, &info, sizeof(info)) > 0)
		;
	if (!r->srun || waitpid(r->srun, &status, WNOHANG) != r->srun)
		return;
	r->srun = 0;
	r->ended_ns = clock_mono_ns();
	if (!r->n)
		fprintf(stderr, "belay map: srun ended with %d before any "
			"worker came\n", WIFEXITED(status) ?
			WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* ---- as a crew ---------------------------------------------------------- */

static int remote_fd(const struct crew *c)
{
	return remote_of(c)->epollfd;
}

static int remote_wait_ms(const struct crew *c)
{
	struct remote *r = remote_of(c);

	if (link_is_ready(r->link))
		return 0;
	return r->ended_ns ? 50 : 500;
}

static void remote_turn(struct crew *c)
{
	struct remote *r = remote_of(c);
	struct peer from;

	reap_srun(r);
	while (link_receive(r->link, &from, &r->in, NULL) > 0)
		hear(r, &from);
	watch_time(r);
}

static int remote_run(struct crew *c, unsigned member, uint64_t chunk,
		      uint32_t try, const char *item, struct belay_error *err)
{
	struct remote *r = remote_of(c);

	return say_to(r, &r->seats[member].peer, &(struct wire){
		.type = WIRE_RUN, .chunk = chunk, .try = try, .blob = item,
		.blob_len = item ? (uint32_t)strlen(item) : 0 }, err);
}

static void remote_stop(struct crew *c)
{
	struct remote *r = remote_of(c);

	r->stopping = true;
	for (unsigned i = 0; i < r->n; i++)
		if (r->seats[i].present)
			say(r, &r->seats[i], WIRE_STOP);
}

/* Those who have not come yet may, as long as there is an srun; and it leaves
 * by itself after the last of them. */
static bool remote_is_over(const struct crew *c)
{
	const struct remote *r = remote_of(c);

	return !r->present &&
	       (!r->srun || (!r->stopping && r->n == r->work->nodes));
}

/* The others have left, so what is staged still was the lost ones'. */
static void tidy_up(const struct work *w)
{
	staging_sweep_dir(w->into ? w->into : ".", w->run, w->attempt + 1);
	if (w->output)
		staging_sweep_dir(w->output, w->run, w->attempt + 1);
}

static void remote_free(struct crew *c)
{
	struct remote *r = remote_of(c);

	rendezvous_end(&r->meeting);
	link_close(r->link);
	if (r->srun)
		srun_end(r->srun);
	if (r->lost && !r->present)
		tidy_up(r->work);
	for (unsigned i = 0; i < r->n; i++)
		drop_output(&r->seats[i]);
	free(r->seats);
	buf_free(&r->in);
	buf_free(&r->out);
	if (r->epollfd >= 0)
		close(r->epollfd);
	if (r->childfd >= 0)
		close(r->childfd);
	free(r);
}

static const struct crew_kind remote_kind = {
	.fd = remote_fd, .wait_ms = remote_wait_ms, .turn = remote_turn,
	.run = remote_run, .stop = remote_stop, .is_over = remote_is_over,
	.free = remote_free,
};

/* ---- from the beginning ------------------------------------------------- */

static int watch(struct remote *r, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	return fd < 0 ? -1 : epoll_ctl(r->epollfd, EPOLL_CTL_ADD, fd, &e);
}

static int open_descriptors(struct remote *r)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	r->epollfd = epoll_create1(EPOLL_CLOEXEC);
	r->childfd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch(r, r->childfd) < 0 || watch(r, link_fd(r->link)) < 0 ?
	       -1 : 0;
}

static int open_meeting(struct remote *r, struct belay_error *err)
{
	char address[ADDRESS_SIZE], endpoint[LINK_ENDPOINT];
	struct link_keys keys;
	uint16_t ports[2];

	address_facing(r->work->nodelist, address);
	address_ports(ports);
	if (link_make_keys(&keys, err) < 0)
		return -1;
	r->link = link_listen(address, ports, &keys, endpoint, err);
	if (!r->link)
		return -1;
	if (open_descriptors(r) < 0)
		return err_sys(err, "cannot watch workers");
	return rendezvous_publish(&r->meeting, r->work->meeting, endpoint,
				  &keys, err);
}

/*
 * Whoever connects has a descriptor of ours until he is hung up upon, and we
 * need some to record.  Not before srun is started, which would hand the limit
 * on to the chunks.
 */
static void take_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct crew *crew_remote(const struct work *w, const struct crew_listener *l,
			 struct belay_error *err)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (!r) {
		err_nomem(err);
		return NULL;
	}
	r->crew = (struct crew){ .kind = &remote_kind, .listener = *l };
	r->work = w;
	r->meeting.dirfd = r->epollfd = r->childfd = -1;
	if (open_meeting(r, err) == 0) {
		r->srun = srun_start(r->meeting.path, w->nodes, w->cpus, err);
		if (r->srun > 0) {
			take_descriptors();
			return &r->crew;
		}
		r->srun = 0;
	}
	remote_free(&r->crew);
	return NULL;
}
