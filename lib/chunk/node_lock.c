/* SPDX-License-Identifier: Apache-2.0 */
/* node_lock.c - one process of this node at a time */

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "chunk/node_lock.h"
#include "run/run.h"

#define WAITERS 128

struct name {
	struct sockaddr_un addr;
	socklen_t len;
};

static int make_name(struct name *n, const char *text)
{
	memset(n, 0, sizeof(*n));
	n->addr.sun_family = AF_UNIX;
	/* the leading NUL makes it a name without a file */
	if (text_format(n->addr.sun_path + 1, sizeof(n->addr.sun_path) - 1,
			"%s", text) < 0)
		return -1;
	n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     strlen(text));
	return 0;
}

static int new_socket(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/* A descriptor; -1, with EADDRINUSE when another has the name. */
static int try_to_hold(const struct name *n)
{
	_auto_close_ int fd = new_socket(0);

	if (fd < 0 || bind(fd, (const void *)&n->addr, n->len) < 0 ||
	    listen(fd, WAITERS) < 0)
		return -1;
	return take_fd(&fd);
}

/* A connection to the holder, who never accepts it, is hung up when the holder
 * is gone.  Who cannot connect (too many wait, or it is gone already) tries
 * again in a moment. */
static void wait_for_holder(const struct name *n, int ms, struct ucred *holder)
{
	_auto_close_ int fd = new_socket(SOCK_NONBLOCK);
	struct pollfd p = { .fd = fd };
	socklen_t size = sizeof(*holder);

	if (fd < 0 || connect(fd, (const void *)&n->addr, n->len) < 0) {
		clock_sleep_ms(1);
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size);
	poll(&p, 1, ms);
}

/* The name cannot be guessed, but whoever is on this node sees it in
 * /proc/net/unix while it is held, and may be faster the next time. */
static int too_long(const struct ucred *holder, int wait_ms,
		    struct belay_error *err)
{
	if (holder->uid != geteuid())
		return err_set(err, BELAY_EFAILED, "process %d of user %u "
			       "keeps those of this node from recording; "
			       "waited %d s", (int)holder->pid,
			       (unsigned)holder->uid, wait_ms / 1000);
	return err_set(err, BELAY_EBUSY, "other processes of this node "
		       "record; waited %d s", wait_ms / 1000);
}

int node_lock(const char *name, int wait_ms, struct belay_error *err)
{
	int64_t until = clock_mono_ns() + (int64_t)wait_ms * 1000000, left;
	struct ucred holder = { .uid = geteuid() };
	struct name n;
	int fd;

	if (make_name(&n, name) < 0)
		return err_set(err, BELAY_EINVAL, "name is too long: '%s'",
			       name);
	for (;;) {
		fd = try_to_hold(&n);
		if (fd >= 0)
			return fd;
		if (errno != EADDRINUSE)
			return err_sys(err, "cannot exclude other processes "
				       "of this node");
		left = until - clock_mono_ns();
		if (left <= 0)
			return too_long(&holder, wait_ms, err);
		wait_for_holder(&n, (int)(left / 1000000) + 1, &holder);
	}
}

void node_lock_scope(char hex[9])
{
	struct begin self = { .pid = 0 };
	char text[128], ns[64] = "";
	uint8_t bytes[8];

	run_begin_self(&self);
	if (readlink("/proc/self/ns/net", ns, sizeof(ns) - 1) < 0)
		ns[0] = '\0';
	snprintf(text, sizeof(text), "%s %s", self.boot_id, ns);
	set_u64(bytes, check64(text, strlen(text), 0));
	text_hex(bytes, 4, hex);
}
