/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_lock.h - one process of this node at a time
 *
 * The name of an abstract unix socket is held by whoever bound it and is free
 * when that process is gone, however it went: no file is left, and no lock of
 * a shared disk is trusted.  It excludes processes of the same network
 * namespace only; node_lock_scope() tells these apart.
 */
#ifndef CHUNK_NODE_LOCK_H
#define CHUNK_NODE_LOCK_H

#include "base/error.h"

/* Hold the name: a descriptor to close, or -1; BELAY_EBUSY when others had it
 * all of wait_ms. */
int node_lock(const char *name, int wait_ms, struct belay_error *err);

/* The network namespace and the boot of this node, in 8 hex digits. */
void node_lock_scope(char hex[9]);

#endif /* CHUNK_NODE_LOCK_H */
