/* SPDX-License-Identifier: Apache-2.0 */
/* runs.c - a run with attempts and checkpoints */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/runs.h"
#include "tests/support/testrun.h"

struct run *runs_make(struct tmpdir *d)
{
	struct run *r = testrun_open(d);

	runs_begin(r, NULL, 0);
	return r;
}

unsigned runs_begin(struct run *r, const uint64_t *ids, unsigned n_ids)
{
	struct belay_error err = { 0 };
	uint64_t seen[16];
	char nodes[] = "n[1-3]";
	struct begin b = { .nodes = nodes, .begin_us = clock_wall_us(),
			   .action = "start", .checkpoints = seen,
			   .n_checkpoints = n_ids };
	unsigned n = testrun_claim(r, &err);

	if (n_ids)
		memcpy(seen, ids, n_ids * sizeof(*ids));
	run_begin_self(&b);
	assert_ok(run_publish_begin(r, n, &b, &err), &err);
	assert_ok(run_reload(r, &err), &err);
	return n;
}

void runs_file(const char *dir, const char *name, const char *text)
{
	char path[512], *slash;
	int fd;

	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (slash = path + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(dprintf(fd, "%s", text), strlen(text));
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
}

void assert_file(const char *dir, const char *name, const char *text)
{
	char path[512], got[4096] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("'%s' is missing", path);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, text);
}

char *runs_stage(struct run *r, unsigned n, const char *text)
{
	struct belay_error err = { 0 };
	char *dir = checkpoint_stage(r, n, &err);

	if (!dir)
		fail_msg("%s", err.text);
	runs_file(dir, "state", text);
	runs_file(dir, "sub/data", "0123456789");
	return dir;
}

uint64_t runs_checkpoint(struct run *r, unsigned n, const char *text)
{
	struct checkpoint_options opt = { .label = text };
	struct belay_error err = { 0 };
	char *dir = runs_stage(r, n, text);
	uint64_t id = checkpoint_commit(r, n, dir, &opt, &err);

	if (!id)
		fail_msg("%s", err.text);
	free(dir);
	return id;
}

void assert_checkpoints(struct run *r, const char *const *names)
{
	int fd = openat(r->dirfd, "checkpoints", O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	assert_holds(fd, names);
	close(fd);
}
