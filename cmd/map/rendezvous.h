/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rendezvous.h - where workers find the coordinator, and with which keys
 *
 * A file of the owner's alone in the attempt's directory: keys are never in
 * arguments or the environment, which others can read.
 */
#ifndef CMD_MAP_RENDEZVOUS_H
#define CMD_MAP_RENDEZVOUS_H

#include <limits.h>

#include "cmd/map/link.h"

struct rendezvous {		/* start from { .dirfd = -1 } */
	int dirfd;
	char name[64], path[PATH_MAX];
};

/* Publish endpoint and keys (not the server's secret one) in dir. */
int rendezvous_publish(struct rendezvous *r, const char *dir,
		       const char *endpoint, const struct link_keys *keys,
		       struct belay_error *err);
/* Remove it: no worker comes later. */
void rendezvous_end(struct rendezvous *r);

/* In a worker.  "*" in the endpoint is replaced by the address that Slurm
 * launched us from. */
int rendezvous_read(const char *path, char endpoint[LINK_ENDPOINT],
		    struct link_keys *keys, struct belay_error *err);

#endif /* CMD_MAP_RENDEZVOUS_H */
