/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom.c - did the kernel kill a process of this job for want of memory?
 *
 * The counter "oom_kill" is in memory.events of cgroup v2, for a group and all
 * below it, and in memory.oom_control of v1, for that very group.  A step's
 * group is .../job_12/step_batch/..., and so both are read on every level from
 * where this process is up to the job's own.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dispatch/oom.h"

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static bool counts(const char *path)
{
	__attribute__((cleanup(close_file))) FILE *f = fopen(path, "re");
	unsigned long n = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "oom_kill %lu", &n) == 1 && n)
			return true;
	return false;
}

/* The group and those above it, while they are still the job's. */
static bool counted_up(const char *mount, const char *group, const char *file)
{
	char dir[4096], path[4200], *slash;

	if (text_format(dir, sizeof(dir), "%s", group) < 0)
		return false;
	while (strstr(dir, "/job_")) {
		if (text_format(path, sizeof(path), "%s%s/%s", mount, dir,
				file) == 0 && counts(path))
			return true;
		slash = strrchr(dir, '/');
		*slash = '\0';
	}
	return false;
}

/* One line of /proc/self/cgroup: "0::/group" or "9:memory:/group". */
static bool counted_by(const char *line, const char *mount)
{
	char v1[4096];

	if (!strncmp(line, "0::", 3))
		return counted_up(mount, line + 3, "memory.events");
	if (!strstr(line, ":memory:") ||
	    text_format(v1, sizeof(v1), "%s/memory", mount) < 0)
		return false;
	return counted_up(v1, strstr(line, ":memory:") + 8,
			  "memory.oom_control");
}

bool oom_counted(const char *cgroups, const char *mount)
{
	_auto_free_ char *copy = strdup(cgroups);
	char *at = NULL;

	for (char *line = copy ? strtok_r(copy, "\n", &at) : NULL; line;
	     line = strtok_r(NULL, "\n", &at))
		if (counted_by(line, mount))
			return true;
	return false;
}

bool oom_counted_here(void)
{
	__attribute__((cleanup(close_file))) FILE *f =
		fopen("/proc/self/cgroup", "re");
	char text[8192];
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	return oom_counted(text, "/sys/fs/cgroup");
}
