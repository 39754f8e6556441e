/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostlist.h - sets of node names in Slurm's notation, "n[1-3,07],login"
 *
 * Order of first appearance is kept when expanding; formatting sorts by name
 * and number and folds ranges of equal width.  At most HOSTS_MAX names.
 */
#ifndef BASE_HOSTLIST_H
#define BASE_HOSTLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define HOSTS_MAX 131072
#define HOST_NAME_SIZE 256

struct hosts {			/* start from { 0 } */
	char **name;
	size_t n, cap;
};

void hosts_free(struct hosts *h);
/* Add every name of the hostlist text; duplicates are dropped. */
int hosts_parse(struct hosts *h, const char *text, struct belay_error *err);
int hosts_add(struct hosts *h, const char *name, struct belay_error *err);
bool hosts_has(const struct hosts *h, const char *name);
/* "n[1-3,7]"; "" for none. */
void hosts_format(const struct hosts *h, struct buf *out);

#define _auto_hosts_ __attribute__((cleanup(hosts_free)))

#endif /* BASE_HOSTLIST_H */
