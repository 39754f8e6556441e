/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - jobs/<job id>/<attempt>.<run>: which run a Slurm job is
 *
 * An epilog knows neither array ids nor the job's name, only the job's id.  An
 * entry is an empty file made once; the greatest attempt of a run that still
 * has the submission asked for is the answer.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fs/fs.h"
#include "run/run.h"

static int cluster_subdir(const char *root, const char *cluster,
			  const char *name, bool make, struct belay_error *err)
{
	_auto_close_ int rootfd = fs_dir_open(root, make, err);
	_auto_close_ int fd = -1;

	if (rootfd < 0)
		return -1;
	fd = make ? fs_subdir_make(rootfd, cluster, err) :
		    fs_subdir_open(rootfd, cluster, err);
	if (fd < 0)
		return -1;
	return make ? fs_subdir_make(fd, name, err) :
		      fs_subdir_open(fd, name, err);
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
	dir = fs_subdir_make(jobs, name, err);
	if (dir < 0)
		return -1;
	snprintf(name, sizeof(name), "%06u.%s", attempt, r->name);
	return fs_publish(dir, name, "", 0, err) < 0 ? -1 : 0;
}

/* Is root/cluster/run a run of this submission? */
static bool has_submission(const char *root, const char *cluster,
			   const char *name, const char *submission)
{
	_auto_free_ char *dir = NULL;
	struct run *r;
	bool same;

	if (!*submission)
		return true;
	if (asprintf(&dir, "%s/%s/%s", root, cluster, name) < 0) {
		dir = NULL;
		return false;
	}
	r = run_open_dir(dir, NULL);
	same = r && !strcmp(r->submission, submission);
	run_close(r);
	return same;
}

/* Entries of the same attempt number are told apart by their run's age. */
static int64_t created(const char *root, const char *cluster, const char *name)
{
	_auto_free_ char *dir = NULL;
	struct run *r;
	int64_t when;

	if (asprintf(&dir, "%s/%s/%s", root, cluster, name) < 0) {
		dir = NULL;
		return 0;
	}
	r = run_open_dir(dir, NULL);
	when = r ? r->created_us : 0;
	run_close(r);
	return when;
}

int run_of_job(const char *root, const char *cluster, uint32_t job_id,
	       const char *submission, char *name, struct belay_error *err)
{
	_auto_close_ int jobs = cluster_subdir(root, cluster, "jobs", false, err);
	_auto_close_ int dir = -1;
	_auto_names_ struct fs_names names = { 0 };
	int64_t best = -1, when;
	char id[16];

	if (jobs < 0)
		return -1;
	snprintf(id, sizeof(id), "%" PRIu32, job_id);
	if (fs_list(jobs, &names, err) < 0)
		return -1;
	if (!fs_names_has(&names, id))
		return err_set(err, BELAY_ENOENT, "job %s has no run below '%s'",
			       id, root);
	dir = fs_subdir_open(jobs, id, err);
	if (dir < 0 || fs_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *run = strchr(names.name[i], '.');

		if (!run || !text_is_name(++run) ||
		    !has_submission(root, cluster, run, submission))
			continue;
		when = created(root, cluster, run);
		if (when > best) {
			best = when;
			snprintf(name, RUN_NAME_SIZE, "%s", run);
		}
	}
	if (best < 0)
		return err_set(err, BELAY_ENOENT, "job %s has no run of its "
			       "submission below '%s'", id, root);
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
