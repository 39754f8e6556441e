/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door.c - the socket at which workers knock, until all of them are in
 *
 * ZeroMQ would listen by itself, but it accepts whoever connects before it asks
 * for a key: a stranger who opens a thousand connections leaves us no
 * descriptor to record with.  To stop listening it has zmq_unbind(), which ends
 * the workers' connections, too.
 */

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/map/door.h"

#define WAITING 1024		/* workers that knock at once */

static int listen_at(const struct addrinfo *at)
{
	_auto_close_ int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
				     SOCK_NONBLOCK, 0);
	const int yes = 1;

	/* as ZeroMQ does: a port whose last connections linger is free */
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
	    listen(fd, WAITING) < 0)
		return -1;
	return take_fd(&fd);
}

static int open_at(const char *address, unsigned port)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char number[8];
	int fd, saved;

	snprintf(number, sizeof(number), "%u", port);
	if (getaddrinfo(address, number, &hints, &found) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = listen_at(found);
	saved = errno;
	freeaddrinfo(found);
	errno = saved;
	return fd;
}

/* "::" takes IPv4 as well; where there is no IPv6 it cannot be had. */
int door_open(const char *address, unsigned port)
{
	int fd = open_at(strcmp(address, "*") ? address : "::", port);

	if (fd < 0 && !strcmp(address, "*") && errno != EADDRINUSE)
		fd = open_at("0.0.0.0", port);
	return fd;
}

int door_shut(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}
