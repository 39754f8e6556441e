/* SPDX-License-Identifier: Apache-2.0 */
/* door.h - the socket at which workers knock, until all of them are in */
#ifndef CMD_MAP_DOOR_H
#define CMD_MAP_DOOR_H

#include <stdint.h>

/*
 * A listening socket on a numeric address, or "*" for all, and on the port or,
 * if that is 0, any.  -1 with errno; EADDRINUSE: try another port.
 */
int door_open(const char *address, unsigned port);

/* Nobody knocks any more: what strangers send is dropped by the kernel, without
 * a descriptor or a byte of ours.  Connections that stand are not touched.  A
 * kernel may keep that to root (-1, EPERM); the door is open then. */
int door_shut(int fd);

#endif /* CMD_MAP_DOOR_H */
