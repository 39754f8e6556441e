/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leftover.c - temporary files of restores that were killed
 *
 *	.belay-<submission>-<attempt>-<boot>.<pid namespace>-<pid>-<start>-<n>
 *
 * lie beside the user's own files, so the name tells whose they are.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/leftover.h"
#include "fs/tree.h"
#include "run/run.h"

struct owner {
	char submission[17], place[33];
	unsigned attempt;
	int pid;
	uint64_t start;
};

/* A pid means something within one boot and one namespace. */
static void name_place(const struct begin *self, char out[33])
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0)
		st.st_ino = 0;
	snprintf(out, 33, "%.8s.%llx", *self->boot_id ? self->boot_id : "0",
		 (unsigned long long)st.st_ino);
}

static void identify(const struct run *r, struct owner *o)
{
	struct begin self = { 0 };

	*o = (struct owner){ .attempt = run_newest_number(r) };
	run_begin_self(&self);
	snprintf(o->submission, sizeof(o->submission), "%.16s", r->submission);
	name_place(&self, o->place);
	o->pid = self.pid;
	o->start = self.pid_start;
}

void leftover_prefix(const struct run *r, char out[LEFTOVER_PREFIX])
{
	struct owner o;

	identify(r, &o);
	snprintf(out, LEFTOVER_PREFIX, ".belay-%s-%u-%s-%d-%" PRIu64,
		 o.submission, o.attempt, o.place, o.pid, o.start);
}

static bool parse(const char *name, struct owner *o)
{
	int used = 0;

	return sscanf(name, ".belay-%16[0-9a-f]-%9u-%32[0-9a-f.]-%9d-%20" SCNu64
		      "-%n", o->submission, &o->attempt, o->place, &o->pid,
		      &o->start, &used) == 5 && used &&
	       name[used] && !name[used + strspn(name + used, "0123456789")];
}

/* Whoever still writes for an older attempt is fenced: its file may go. */
static bool is_over(const struct owner *o, const struct owner *self)
{
	if (strcmp(o->submission, self->submission))
		return false;
	if (o->attempt < self->attempt)
		return true;
	return o->attempt == self->attempt && !strcmp(o->place, self->place) &&
	       !run_process_lives(o->pid, o->start);
}

static void sweep_dir(int dirfd, const struct owner *self)
{
	_auto_names_ struct fs_names names = { 0 };
	struct owner o;
	struct stat st;

	if (fs_list_all(dirfd, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (parse(names.name[i], &o) && is_over(&o, self) &&
		    fstatat(dirfd, names.name[i], &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_uid == geteuid())
			unlinkat(dirfd, names.name[i], 0);
}

static size_t dir_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) + 1 : 0;
}

void leftover_sweep(const struct run *r, const struct checkpoint *c, int into)
{
	const char *base, *before = NULL;
	struct owner self;

	identify(r, &self);
	for (unsigned i = 0; i < c->n_files; i++) {
		const char *name = c->files[i].name;
		size_t n = dir_length(name);
		_auto_close_ int dirfd = -1;

		if (before && dir_length(before) == n &&
		    !memcmp(before, name, n))
			continue;	/* sorted, so mostly each but once */
		before = name;
		dirfd = fs_tree_parent(into, name, &base, NULL);
		if (dirfd >= 0)
			sweep_dir(dirfd, &self);
	}
}
