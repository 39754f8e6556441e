/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_zmq.c - messages between one coordinator and many workers, by ZeroMQ
 *
 * Who may come in is asked of us by ZeroMQ over a socket inside the process
 * (ZAP, https://rfc.zeromq.org/spec/27/), and answered in the same loop.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

#include "base/text.h"
#include "cmd/map/door.h"
#include "cmd/map/link.h"

#define LINGER_MS 300
/* A worker's output waits at the worker, not in our memory. */
#define WATER_MARK 32
#define CURVE_KEY 32		/* bytes of a key */
/* For those who connect and say nothing; ZeroMQ's own is 30 s. */
#define HANDSHAKE_MS 10000

struct link {
	void *context, *socket, *zap;
	int epollfd;
	bool server;
	int door;			/* the server's; closed by ZeroMQ */
	uint8_t client[CURVE_KEY];	/* who may come in */
};

static int fail(struct belay_error *err, const char *what)
{
	return err_set(err, BELAY_EFAILED, "%s: %s", what,
		       zmq_strerror(zmq_errno()));
}

int link_make_keys(struct link_keys *keys, struct belay_error *err)
{
	if (!zmq_has("curve"))
		return err_set(err, BELAY_EFAILED,
			       "this ZeroMQ was built without CURVE");
	if (zmq_curve_keypair(keys->server, keys->server_secret) < 0 ||
	    zmq_curve_keypair(keys->client, keys->client_secret) < 0)
		return fail(err, "cannot make keys");
	return 0;
}

/* ---- sockets ------------------------------------------------------------ */

static int set_number(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value));
}

static int set_text(void *socket, int option, const char *text)
{
	return zmq_setsockopt(socket, option, text, strlen(text));
}

static int watch(struct link *l, void *socket)
{
	struct epoll_event e = { .events = EPOLLIN };
	size_t size = sizeof(int);
	int fd;

	if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) < 0)
		return -1;
	return epoll_ctl(l->epollfd, EPOLL_CTL_ADD, fd, &e);
}

static int set_common(struct link *l)
{
	void *s = l->socket;

	return set_number(s, ZMQ_LINGER, LINGER_MS) < 0 ||
	       set_number(s, ZMQ_IPV6, 1) < 0 ||
	       watch(l, s) < 0 ? -1 : 0;
}

static struct link *new_link(bool server, struct belay_error *err)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l) {
		err_nomem(err);
		return NULL;
	}
	l->server = server;
	l->epollfd = epoll_create1(EPOLL_CLOEXEC);
	l->context = zmq_ctx_new();
	if (l->context)
		l->socket = zmq_socket(l->context,
				       server ? ZMQ_ROUTER : ZMQ_DEALER);
	if (l->epollfd < 0 || !l->socket || set_common(l) < 0) {
		fail(err, "cannot make a ZeroMQ socket");
		link_close(l);
		return NULL;
	}
	return l;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	if (l->socket)
		zmq_close(l->socket);
	if (l->zap)
		zmq_close(l->zap);
	if (l->context)
		zmq_ctx_term(l->context);
	if (l->epollfd >= 0)
		close(l->epollfd);
	free(l);
}

int link_fd(const struct link *l)
{
	return l->epollfd;
}

/* ---- who may come in ---------------------------------------------------- */

/* The frames of a request, in their order. */
enum { ZAP_VERSION, ZAP_REQUEST, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_IDENTITY,
       ZAP_MECHANISM, ZAP_CREDENTIALS, ZAP_FRAMES };

struct frame {
	uint8_t data[256];
	size_t len;
};

static bool frame_is(const struct frame *f, const void *data, size_t len)
{
	return f->len == len && !memcmp(f->data, data, len);
}

/* All frames of a message; false when there is none, or it is no request. */
static bool receive_request(void *zap, struct frame frames[ZAP_FRAMES])
{
	int n, more = 1, count = 0;
	size_t size = sizeof(more);
	struct frame beyond;

	while (more) {
		struct frame *f = count < ZAP_FRAMES ? &frames[count] : &beyond;

		n = zmq_recv(zap, f->data, sizeof(f->data), ZMQ_DONTWAIT);
		if (n < 0)
			return false;
		f->len = (size_t)n;	/* more than fits: equal to nothing */
		count++;
		zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &size);
	}
	return count == ZAP_FRAMES;
}

static void answer(void *zap, const struct frame *request, bool welcome)
{
	const char *const status[] = {
		welcome ? "200" : "400", welcome ? "" : "not this key",
		welcome ? "worker" : "",
	};

	zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
	zmq_send(zap, request->data, request->len, ZMQ_SNDMORE);
	for (size_t i = 0; i < 3; i++)
		zmq_send(zap, status[i], strlen(status[i]), ZMQ_SNDMORE);
	zmq_send(zap, "", 0, 0);
}

static void answer_requests(struct link *l)
{
	struct frame f[ZAP_FRAMES];

	while (l->zap && receive_request(l->zap, f))
		answer(l->zap, &f[ZAP_REQUEST],
		       frame_is(&f[ZAP_VERSION], "1.0", 3) &&
		       frame_is(&f[ZAP_MECHANISM], "CURVE", 5) &&
		       frame_is(&f[ZAP_CREDENTIALS], l->client, CURVE_KEY));
}

/* ---- both ends ---------------------------------------------------------- */

/* Else ZeroMQ takes as much memory as a stranger says that he will send. */
static int limit_messages(void *socket)
{
	int64_t max = LINK_TAKES;

	return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof(max));
}

static int keep_others_out(struct link *l, const struct link_keys *keys)
{
	l->zap = zmq_socket(l->context, ZMQ_REP);
	if (!l->zap || set_number(l->zap, ZMQ_LINGER, 0) < 0 ||
	    zmq_bind(l->zap, "inproc://zeromq.zap.01") < 0 ||
	    watch(l, l->zap) < 0 ||
	    !zmq_z85_decode(l->client, keys->client))
		return -1;
	return set_text(l->socket, ZMQ_ZAP_DOMAIN, "belay") < 0 ||
	       set_number(l->socket, ZMQ_CURVE_SERVER, 1) < 0 ||
	       set_text(l->socket, ZMQ_CURVE_SECRETKEY,
			keys->server_secret) < 0 ||
	       set_number(l->socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) < 0 ||
	       limit_messages(l->socket) < 0 ||
	       set_number(l->socket, ZMQ_ROUTER_MANDATORY, 1) < 0 ||
	       set_number(l->socket, ZMQ_RCVHWM, WATER_MARK) < 0 ||
	       set_number(l->socket, ZMQ_SNDHWM, 0) < 0 ? -1 : 0;
}

static int bind_to(struct link *l, const char *address, unsigned port)
{
	int fd = door_open(address, port);

	if (fd < 0)
		return -1;
	/* which one is decided: the endpoint is for form's sake.  ZeroMQ has the
	 * socket when it has bound it, and not where it fails */
	if (set_number(l->socket, ZMQ_USE_FD, fd) < 0 ||
	    zmq_bind(l->socket, "tcp://*:*") < 0) {
		close(fd);
		return -1;
	}
	l->door = fd;
	return 0;
}

/* From somewhere within the range on, as several maps share it. */
static int bind_within(struct link *l, const char *address,
		       const uint16_t ports[2])
{
	unsigned n = ports[1] - ports[0] + 1u, start = (unsigned)getpid() % n;

	if (!ports[0])
		return bind_to(l, address, 0);
	for (unsigned i = 0; i < n; i++) {
		if (bind_to(l, address, ports[0] + (start + i) % n) == 0)
			return 0;
		if (zmq_errno() != EADDRINUSE)
			return -1;
	}
	return -1;
}

struct link *link_listen(const char *address, const uint16_t ports[2],
			 const struct link_keys *keys,
			 char endpoint[LINK_ENDPOINT], struct belay_error *err)
{
	struct link *l = new_link(true, err);
	size_t size = LINK_ENDPOINT;

	if (!l)
		return NULL;
	if (keep_others_out(l, keys) < 0 ||
	    bind_within(l, address, ports) < 0 ||
	    zmq_getsockopt(l->socket, ZMQ_LAST_ENDPOINT, endpoint, &size) < 0) {
		fail(err, "cannot listen for workers");
		err_prefix(err, "%s", address);
		link_close(l);
		return NULL;
	}
	return l;
}

void link_shut(struct link *l)
{
	door_shut(l->door);
}

struct link *link_connect(const char *endpoint, const struct link_keys *keys,
			  struct belay_error *err)
{
	struct link *l = new_link(false, err);

	if (!l)
		return NULL;
	if (set_text(l->socket, ZMQ_CURVE_SERVERKEY, keys->server) < 0 ||
	    set_text(l->socket, ZMQ_CURVE_PUBLICKEY, keys->client) < 0 ||
	    set_text(l->socket, ZMQ_CURVE_SECRETKEY, keys->client_secret) < 0 ||
	    set_number(l->socket, ZMQ_SNDHWM, WATER_MARK) < 0 ||
	    zmq_connect(l->socket, endpoint) < 0) {
		fail(err, "cannot reach the coordinator");
		link_close(l);
		return NULL;
	}
	return l;
}

bool link_is_ready(struct link *l)
{
	size_t size = sizeof(int);
	int events = 0;

	answer_requests(l);
	zmq_getsockopt(l->socket, ZMQ_EVENTS, &events, &size);
	return events & ZMQ_POLLIN;
}

int link_send(struct link *l, const struct peer *to, const struct buf *msg,
	      struct belay_error *err)
{
	int rc = 0;

	if (l->server)
		rc = zmq_send(l->socket, to->id, to->len,
			      ZMQ_SNDMORE | ZMQ_DONTWAIT);
	if (rc >= 0)
		rc = zmq_send(l->socket, buf_text(msg), msg->len, ZMQ_DONTWAIT);
	if (rc >= 0)
		return 1;
	if (zmq_errno() == EAGAIN || zmq_errno() == EHOSTUNREACH ||
	    zmq_errno() == EINTR)
		return 0;
	return fail(err, "cannot send");
}

static int receive_peer(struct link *l, struct peer *from)
{
	int n = zmq_recv(l->socket, from->id, sizeof(from->id), ZMQ_DONTWAIT);

	if (n < 0)
		return -1;
	from->len = (uint8_t)(n < (int)sizeof(from->id) ? n :
			      (int)sizeof(from->id));
	return 0;
}

/* The rest of a message of more parts than ours have. */
static void skip_rest(void *socket)
{
	size_t size = sizeof(int);
	int more = 0;

	while (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more)
		if (zmq_recv(socket, NULL, 0, ZMQ_DONTWAIT) < 0)
			return;
}

int link_receive(struct link *l, struct peer *from, struct buf *msg,
		 struct belay_error *err)
{
	zmq_msg_t m;
	int n;

	answer_requests(l);
	buf_clear(msg);
	memset(from, 0, sizeof(*from));
	zmq_msg_init(&m);
	n = l->server ? receive_peer(l, from) : 0;
	if (n == 0)
		n = zmq_msg_recv(&m, l->socket, ZMQ_DONTWAIT);
	if (n >= 0) {
		buf_add(msg, zmq_msg_data(&m), zmq_msg_size(&m));
		skip_rest(l->socket);
	}
	zmq_msg_close(&m);
	if (n >= 0)
		return msg->failed ? err_nomem(err) : 1;
	if (zmq_errno() == EAGAIN || zmq_errno() == EINTR)
		return 0;
	return fail(err, "cannot receive");
}
