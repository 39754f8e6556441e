/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c - stop being root: become the job's owner, for good */

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include "plugin/owner.h"

static const struct passwd *passwd_of(uid_t uid)
{
	static char text[64 * 1024];
	static struct passwd passwd;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &passwd, text, sizeof(text), &found) != 0)
		return NULL;
	return found;
}

/* A user of too many groups keeps the first ones: fewer rights, never more. */
static void look_up_groups(struct owner *o, const char *name)
{
	static gid_t groups[NGROUPS_MAX];
	int n = NGROUPS_MAX;

	getgrouplist(name, o->gid, groups, &n);
	o->groups = groups;
	o->n_groups = n < NGROUPS_MAX ? n : NGROUPS_MAX;
}

void owner_look_up(struct owner *o, struct environment *e)
{
	const struct passwd *pw = passwd_of(o->uid);

	if (pw) {
		environment_add(e, "HOME", pw->pw_dir);
		environment_add(e, "USER", pw->pw_name);
		environment_add(e, "LOGNAME", pw->pw_name);
	}
	if (o->groups)
		return;
	if (pw) {
		look_up_groups(o, pw->pw_name);
	} else {
		o->groups = &o->gid;
		o->n_groups = 1;
	}
}

/*
 * Groups first and uid last, since each needs what the next gives away; real,
 * effective and saved ids at once, or the owner could take root's back.  The
 * change makes the process undumpable until execve: the owner cannot attach
 * to what is still a copy of root's memory.
 */
static int drop(const struct owner *o)
{
	if (setgroups((size_t)o->n_groups, o->groups) < 0 ||
	    setresgid(o->gid, o->gid, o->gid) < 0 ||
	    setresuid(o->uid, o->uid, o->uid) < 0)
		return -1;
	if (o->uid != 0 && setuid(0) == 0) {
		errno = ENOTRECOVERABLE;
		return -1;
	}
	return 0;
}

int owner_become(const struct owner *o)
{
	if (geteuid() == 0)
		return drop(o);
	if (getuid() == o->uid && geteuid() == o->uid)
		return 0;
	errno = EPERM;
	return -1;
}
