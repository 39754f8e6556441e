/* SPDX-License-Identifier: Apache-2.0 */
/* owner.h - stop being root: become the job's owner, for good */
#ifndef PLUGIN_OWNER_H
#define PLUGIN_OWNER_H

#include <sys/types.h>

#include "plugin/environment.h"

struct owner {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;	/* supplementary; NULL: look them up */
	int n_groups;
};

/*
 * All of this is for a child of a single use, just before execve(2); it keeps
 * its results in static storage and expects to be cut off by a deadline, for
 * a name service may take for ever.
 *
 * owner_look_up() adds HOME, USER and LOGNAME to e as far as they are known
 * and completes o->groups.  owner_become() drops groups, gid and uid: 0, or -1
 * with errno when the process is not, or not only, the owner.
 */
void owner_look_up(struct owner *o, struct environment *e);
int owner_become(const struct owner *o);

#endif /* PLUGIN_OWNER_H */
