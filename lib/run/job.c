/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - jobs/<job id>/<attempt>.<run>: which run a Slurm job is
 *
 * An epilog knows neither array ids nor the job's name, only the job's id, which
 * Slurm gives again.  An entry is an empty file made once; of the runs that it
 * names the one is the answer that the submission asked for has founded, or has
 * joined by name, and of several the one that was begun last.
 *
 * An index, so a copy: begin.json has the job's id too.  Where it is lost with
 * the power of its disk, so are the processes that would have looked at it, and
 * the next begin of the job makes another entry.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "fs/fs.h"
#include "run/codec.h"
#include "run/run.h"

static int cluster_subdir(const char *root, const char *cluster,
			  const char *name, bool make, struct belay_error *err)
{
	_auto_close_ int rootfd = fs_dir_open(root, make, err);
	_auto_close_ int fd = -1;
	int sub = -1;

	if (rootfd < 0)
		return -1;
	fd = make ? fs_subdir_make(rootfd, cluster, err) :
		    fs_subdir_open(rootfd, cluster, err);
	if (fd >= 0)
		sub = make ? fs_subdir_make(fd, name, err) :
			     fs_subdir_open(fd, name, err);
	return sub < 0 ? err_prefix(err, "%s", root) : sub;
}

int run_index_job(struct run *r, const char *root, uint32_t job_id,
		  unsigned attempt, struct belay_error *err)
{
	_auto_close_ int jobs = cluster_subdir(root, r->cluster, "jobs", true, err);
	_auto_close_ int dir = -1;
	char name[RUN_NAME_SIZE + 32];

	if (jobs < 0)
		return -1;
	snprintf(name, sizeof(name), "%" PRIu32, job_id);
	dir = fs_subdir_make_first(jobs, name, err);
	if (dir < 0)
		return -1;
	snprintf(name, sizeof(name), "%06u.%s", attempt, r->name);
	return fs_publish_copy(dir, name, "", 0, err) < 0 ? -1 : 0;
}

bool run_begin_is_of(const struct begin *b, uint32_t job_id,
		     const char *submission)
{
	return b->job_id == job_id &&
	       (!b->submission[0] || !strcmp(b->submission, submission));
}

/* What an entry leads to: who founded the run, and who began the attempt. */
struct lead {
	char founder[RUN_ID_HEX], beginner[RUN_ID_HEX];
	int64_t at_us;		/* when it began, or the run did */
};

static int read_below(const char *root, const char *cluster, const char *path,
		      const char *file, struct buf *text)
{
	_auto_free_ char *dir = NULL;
	_auto_close_ int fd = -1;

	if (asprintf(&dir, "%s/%s/%s", root, cluster, path) < 0) {
		dir = NULL;
		return -1;
	}
	fd = fs_dir_open(dir, false, NULL);
	return fd < 0 ? -1 : fs_read(fd, file, JSON_MAX_BYTES, text, NULL);
}

/* Two files and not the whole run: an epilog has little time, and there may be a
 * thousand attempts. */
static int follow(const char *root, const char *cluster, const char *entry,
		  struct lead *l)
{
	_auto_buf_ struct buf text = { 0 };
	char path[2 * RUN_NAME_SIZE];
	struct run r = { 0 };
	struct begin *b = NULL;

	*l = (struct lead){ .at_us = 0 };
	if (read_below(root, cluster, strchr(entry, '.') + 1, "run.json",
		       &text) < 0 || run_decode(&text, &r, NULL) < 0)
		return -1;
	memcpy(l->founder, r.submission, sizeof(l->founder));
	l->at_us = r.created_us;
	snprintf(path, sizeof(path), "%s/attempts/%.*s",
		 strchr(entry, '.') + 1, (int)strcspn(entry, "."), entry);
	if (read_below(root, cluster, path, "begin.json", &text) == 0)
		b = begin_decode(&r, (unsigned)strtoul(entry, NULL, 10), &text,
				 NULL);
	if (b && !b->is_void) {
		memcpy(l->beginner, b->submission, sizeof(l->beginner));
		l->at_us = b->begin_us;
	}
	begin_free(b);
	return 0;
}

/* The run that an entry names, unless one of those behind it does. */
static const char *run_named_last(const struct fs_names *names, size_t i)
{
	const char *run = strchr(names->name[i], '.');

	if (!run || !text_is_name(++run))
		return NULL;
	while (++i < names->n) {
		const char *behind = strchr(names->name[i], '.');

		if (behind && !strcmp(behind + 1, run))
			return NULL;
	}
	return run;
}

/* The entries of a job. */
static int list_entries(const char *root, const char *cluster, uint32_t job_id,
			struct fs_names *names, struct belay_error *err)
{
	_auto_close_ int jobs = cluster_subdir(root, cluster, "jobs", false, err);
	_auto_close_ int dir = -1;
	char id[16];

	if (jobs < 0 || fs_list(jobs, names, err) < 0)
		return -1;
	snprintf(id, sizeof(id), "%" PRIu32, job_id);
	if (!fs_names_has(names, id))
		return err_set(err, BELAY_ENOENT, "job %s has no run below '%s'",
			       id, root);
	dir = fs_subdir_open(jobs, id, err);
	return dir < 0 ? -1 : fs_list(dir, names, err);
}

static bool is_wanted(const struct lead *l, const char *submission)
{
	return !*submission || !strcmp(l->founder, submission) ||
	       !strcmp(l->beginner, submission);
}

/* A run that cannot be read is the answer only where there is no other: whoever
 * opens it learns why. */
int run_of_job(const char *root, const char *cluster, uint32_t job_id,
	       const char *submission, char *name, struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	int64_t best = -1;

	if (list_entries(root, cluster, job_id, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *run = run_named_last(&names, i);
		struct lead l;

		if (!run)
			continue;
		if (follow(root, cluster, names.name[i], &l) < 0)
			l.at_us = 0;
		else if (!is_wanted(&l, submission))
			continue;
		if (l.at_us <= best)
			continue;
		best = l.at_us;
		snprintf(name, RUN_NAME_SIZE, "%s", run);
	}
	if (best < 0)
		return err_set(err, BELAY_ENOENT, "job %" PRIu32 " has no run "
			       "of its submission below '%s'", job_id, root);
	return 0;
}

/* ---- policies ---- */

static int policy_name(const char *id, char out[POLICY_ID_HEX + 8],
		       struct belay_error *err)
{
	uint8_t bytes[32];

	if (text_unhex(id, bytes, sizeof(bytes)) < 0)
		return err_set(err, BELAY_EINVAL, "not a policy's digest: '%s'",
			       id);
	snprintf(out, POLICY_ID_HEX + 8, "%s.yaml", id);
	return 0;
}

int run_policy_store(const char *root, const char *cluster, const char *id,
		     const void *text, size_t len, struct belay_error *err)
{
	_auto_close_ int fd = -1;
	char name[POLICY_ID_HEX + 8];

	if (policy_name(id, name, err) < 0)
		return -1;
	fd = cluster_subdir(root, cluster, "policies", true, err);
	if (fd < 0)
		return -1;
	return fs_publish(fd, name, text, len, err) < 0 ? -1 : 0;
}

int run_policy_read(const char *root, const char *cluster, const char *id,
		    struct buf *text, struct belay_error *err)
{
	_auto_close_ int fd = -1;
	char name[POLICY_ID_HEX + 8];

	if (policy_name(id, name, err) < 0)
		return -1;
	fd = cluster_subdir(root, cluster, "policies", false, err);
	if (fd < 0)
		return -1;
	return fs_read(fd, name, 1u << 20, text, err);
}
