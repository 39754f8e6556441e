/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - jobs/<job id>/<attempt>.<run>: which run a Slurm job is
 *
 * An epilog knows neither array ids nor the job's name, only the job's id.  An
 * entry is an empty file made once; of the runs that it names the one that has
 * the submission asked for is the answer, and of several the newest.
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

/* What run.json says, without its attempts: an epilog has little time, and
 * there may be a thousand. */
static int peek(const char *root, const char *cluster, const char *name,
		struct run *r)
{
	_auto_close_ int fd = cluster_subdir(root, cluster, name, false, NULL);
	_auto_buf_ struct buf text = { 0 };

	if (fd < 0 || fs_read(fd, "run.json", JSON_MAX_BYTES, &text, NULL) < 0)
		return -1;
	return run_decode(&text, r, NULL);
}

/* The run that an entry names, unless one of those before it did. */
static const char *run_named_first(const struct fs_names *names, size_t i)
{
	const char *run = strchr(names->name[i], '.');

	if (!run || !text_is_name(++run))
		return NULL;
	while (i-- > 0) {
		const char *before = strchr(names->name[i], '.');

		if (before && !strcmp(before + 1, run))
			return NULL;
	}
	return run;
}

int run_of_job(const char *root, const char *cluster, uint32_t job_id,
	       const char *submission, char *name, struct belay_error *err)
{
	_auto_close_ int jobs = cluster_subdir(root, cluster, "jobs", false, err);
	_auto_close_ int dir = -1;
	_auto_names_ struct fs_names names = { 0 };
	int64_t best = -1;
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
		const char *run = run_named_first(&names, i);
		struct run r = { 0 };

		if (!run || (peek(root, cluster, run, &r) < 0 && *submission) ||
		    (*submission && strcmp(r.submission, submission)))
			continue;
		/* entries of the same number are told apart by their age */
		if (r.created_us > best) {
			best = r.created_us;
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
