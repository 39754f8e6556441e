/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - find a run, open it, make it */

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "fs/fs.h"
#include "run/codec.h"
#include "run/run.h"
#include "run/task.h"

/* Nobody of that name, in the words of getpwnam(3). */
static bool is_unknown(int sys)
{
	return !sys || sys == ENOENT || sys == ESRCH || sys == EBADF ||
	       sys == EPERM;
}

/* A name service that fails now does not say that there is no home: an epilog
 * takes that for a job without records. */
static const char *home(struct belay_error *err)
{
	struct passwd *pw;

	do {
		errno = 0;
		pw = getpwuid(geteuid());
	} while (!pw && errno == EINTR);
	if (pw && pw->pw_dir && *pw->pw_dir == '/')
		return pw->pw_dir;
	if (!pw && !is_unknown(errno))
		err_sys(err, "cannot look up the home directory");
	else
		err_set(err, BELAY_ENOENT, "no home directory is known; "
			"say --belay-root=DIR or set BELAY_ROOT");
	return NULL;
}

char *run_root(const char *explicit_root, struct belay_error *err)
{
	const char *env = getenv("BELAY_ROOT"), *dir;
	const char *given = explicit_root && *explicit_root ? explicit_root : env;
	char *root = NULL;

	if (given && *given) {
		if (*given != '/') {
			err_set(err, BELAY_EINVAL, "the root is not an absolute "
				"path: '%s'", given);
			return NULL;
		}
		root = strdup(given);
	} else {
		dir = home(err);
		if (!dir)
			return NULL;
		if (asprintf(&root, "%s/.belay", dir) < 0)
			root = NULL;
	}
	if (!root)
		err_nomem(err);
	return root;
}

static struct run *run_new(char *dir, int dirfd, struct belay_error *err)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r) {
		err_nomem(err);
		free(dir);
		close(dirfd);
		return NULL;
	}
	r->dir = dir;
	r->dirfd = dirfd;
	r->attemptsfd = -1;
	return r;
}

static int load(struct run *r, bool make, struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };

	if (fs_read(r->dirfd, "run.json", JSON_MAX_BYTES, &text, err) < 0 ||
	    run_decode(&text, r, err) < 0)
		return err_prefix(err, "%s", r->dir);
	r->attemptsfd = make ? fs_subdir_make(r->dirfd, "attempts", err) :
			       fs_subdir_open(r->dirfd, "attempts", err);
	if (r->attemptsfd < 0)
		return err_prefix(err, "%s", r->dir);
	return run_reload(r, err);
}

struct run *run_open_dir(const char *dir, struct belay_error *err)
{
	int fd = fs_dir_open(dir, false, err);
	struct run *r;

	if (fd < 0)
		return NULL;
	r = run_new(strdup(dir), fd, err);
	if (r && (!r->dir || load(r, false, err) < 0)) {
		run_close(r);
		return NULL;
	}
	return r;
}

/* ---- finding ---- */

static int each_in_cluster(int rootfd, const char *cluster,
			   int (*f)(const char *, const char *, void *),
			   void *arg, struct belay_error *err)
{
	_auto_close_ int fd = fs_subdir_open(rootfd, cluster, err);
	_auto_names_ struct fs_names names = { 0 };
	int rc = 0;

	if (fd < 0 || fs_list(fd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		if (!run_name_is_reserved(names.name[i]))
			rc = f(cluster, names.name[i], arg);
	}
	return rc;
}

int run_each(const char *root, int (*f)(const char *, const char *, void *),
	     void *arg, struct belay_error *err)
{
	_auto_close_ int fd = fs_dir_open(root, false, err);
	_auto_names_ struct fs_names clusters = { 0 };
	int rc = 0;

	if (fd < 0 || fs_list(fd, &clusters, err) < 0)
		return -1;
	for (size_t i = 0; i < clusters.n && rc == 0; i++)
		rc = each_in_cluster(fd, clusters.name[i], f, arg, err);
	return rc;
}

/* What a search by name or job id found. */
struct search {
	const char *root, *cluster, *spec;
	uint32_t job_id;		/* spec as a job id, or 0 */
	char found[2 * RUN_NAME_SIZE];	/* "cluster/name" */
	char clusters[256];		/* all that have it */
	char task[RUN_NAME_SIZE];	/* spec is an array with this task */
	unsigned n;
};

static void note(struct search *s, const char *cluster, const char *name)
{
	size_t at = strlen(s->clusters);

	if (!name)
		return;
	snprintf(s->found, sizeof(s->found), "%s/%s", cluster, name);
	snprintf(s->clusters + at, sizeof(s->clusters) - at, "%s%s",
		 at ? ", " : "", cluster);
	s->n++;
}

static void note_task(struct search *s, const char *task)
{
	if (task)
		snprintf(s->task, sizeof(s->task), "%s", task);
}

static int search_cluster(int rootfd, const char *cluster, struct search *s,
			  struct belay_error *err)
{
	_auto_close_ int fd = fs_subdir_open(rootfd, cluster, err);
	_auto_names_ struct fs_names names = { 0 };
	char name[RUN_NAME_SIZE];

	if (fd < 0 || fs_list(fd, &names, err) < 0)
		return -1;
	/* the index first: a job id that was reused names its newest run */
	if (s->job_id && fs_names_has(&names, "jobs") &&
	    run_of_job(s->root, cluster, s->job_id, "", name, NULL) == 0)
		note(s, cluster, name);
	else if (run_is_task(s->spec))
		note(s, cluster,
		     run_of_task(s->root, cluster, &names, s->spec));
	else if (fs_names_has(&names, s->spec) && !run_name_is_reserved(s->spec))
		note(s, cluster, s->spec);
	else if (s->job_id)
		note_task(s, run_of_some_task(&names, s->spec));
	return 0;
}

static int search_all(struct search *s, struct belay_error *err)
{
	_auto_close_ int fd = fs_dir_open(s->root, false, err);
	_auto_names_ struct fs_names clusters = { 0 };

	if (fd < 0 || fs_list(fd, &clusters, err) < 0)
		return -1;
	for (size_t i = 0; i < clusters.n; i++) {
		if (s->cluster && strcmp(s->cluster, clusters.name[i]))
			continue;
		if (search_cluster(fd, clusters.name[i], s, err) < 0)
			return -1;
	}
	return 0;
}

/* "12", or "12+1": a component of the het job 12, which is one run. */
static uint32_t job_id_of(const char *spec)
{
	static const char digits[] = "0123456789";
	size_t len = strspn(spec, digits);
	char id[16];
	uint64_t n = 0;

	if (spec[len] == '+' && spec[len + 1] &&
	    strspn(spec + len + 1, digits) == strlen(spec + len + 1) &&
	    text_format(id, sizeof(id), "%.*s", (int)len, spec) == 0)
		spec = id;
	return text_u64(spec, UINT32_MAX, &n) == 0 ? (uint32_t)n : 0;
}

static void none_found(const struct search *s, struct belay_error *err)
{
	if (s->task[0])
		err_set(err, BELAY_ENOENT, "job %s is an array; name one of "
			"its tasks, such as %s", s->spec, s->task);
	else
		err_set(err, BELAY_ENOENT, "no run or job '%s' below '%s'; "
			"'belay status' lists those that are there", s->spec,
			s->root);
}

struct run *run_open(const char *root, const char *cluster, const char *spec,
		     struct belay_error *err)
{
	struct search s = { .root = root, .cluster = cluster, .spec = spec };
	_auto_free_ char *dir = NULL;

	if (!spec) {
		spec = getenv("BELAY_RUN_DIR");
		if (spec && *spec)
			return run_open_dir(spec, err);
		err_set(err, BELAY_EINVAL, "which run? name it, or be inside a "
			"job that belay protects");
		return NULL;
	}
	s.job_id = job_id_of(spec);
	if (!text_is_name(spec)) {
		err_set(err, BELAY_EINVAL, "not a run's name: '%s'", spec);
		return NULL;
	}
	if (search_all(&s, err) < 0)
		return NULL;
	if (s.n > 1) {
		err_set(err, BELAY_EINVAL, "several clusters have a run '%s': "
			"%s; say --cluster NAME", spec, s.clusters);
		return NULL;
	}
	if (!s.n) {
		none_found(&s, err);
		return NULL;
	}
	if (asprintf(&dir, "%s/%s", root, s.found) < 0) {
		dir = NULL;
		err_nomem(err);
		return NULL;
	}
	return run_open_dir(dir, err);
}

/* ---- making ---- */

/* Threads may make runs at the same moment. */
static void name_owner(struct run *r)
{
	struct passwd pw, *found = NULL;
	char memory[16384];

	r->uid = geteuid();
	if (getpwuid_r(r->uid, &pw, memory, sizeof(memory), &found) == 0 &&
	    found)
		snprintf(r->owner, sizeof(r->owner), "%s", found->pw_name);
}

static void describe(struct run *r, const struct run_spec *spec,
		     const char *name)
{
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->cluster, sizeof(r->cluster), "%s", spec->cluster);
	snprintf(r->submission, sizeof(r->submission), "%s", spec->submission);
	snprintf(r->preset, sizeof(r->preset), "%s",
		 spec->preset ? spec->preset : "");
	snprintf(r->policy, sizeof(r->policy), "%s",
		 spec->policy ? spec->policy : "");
	snprintf(r->work_dir, sizeof(r->work_dir), "%s",
		 spec->work_dir ? spec->work_dir : "");
	name_owner(r);
	r->created_us = clock_wall_us();
}

/* Publish run.json of a directory that has none: 1 by us, 0 by another.  The
 * sync that makes it durable does so for attempts/ too. */
static int found(struct run *r, const struct run_spec *spec, const char *name,
		 struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	int fd, rc;

	/* the rooms first: whoever sees run.json finds them */
	fd = fs_subdir_make_first(r->dirfd, "attempts", err);
	if (fd < 0)
		return err_prefix(err, "%s", r->dir);
	close(fd);
	describe(r, spec, name);
	run_encode(r, &text);
	if (text.failed)
		return err_nomem(err);
	rc = fs_publish(r->dirfd, "run.json", text.data, text.len, err);
	return rc < 0 ? err_prefix(err, "%s", r->dir) : rc;
}

/* Open or make one directory.  NULL: error. */
static struct run *open_or_found(int clusterfd, const struct run_spec *spec,
				 const char *name, bool *fresh,
				 struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	char *dir = NULL;
	struct run *r;
	bool there;
	int fd = fs_subdir_make(clusterfd, name, err), rc = 0;

	if (fd < 0) {
		err_prefix(err, "%s/%s", spec->root, spec->cluster);
		return NULL;
	}
	if (asprintf(&dir, "%s/%s/%s", spec->root, spec->cluster, name) < 0)
		dir = NULL;
	r = run_new(dir, fd, err);
	if (!r || !dir || fs_list(r->dirfd, &names, err) < 0)
		goto fail;
	there = fs_names_has(&names, "run.json");
	if (!there)
		rc = found(r, spec, name, err);
	if (rc < 0 || load(r, there, err) < 0)
		goto fail;
	*fresh = rc == 1;
	return r;
fail:
	run_close(r);
	return NULL;
}

static int check_spec(const struct run_spec *spec, struct belay_error *err)
{
	if (run_check_name(spec->name, err) < 0)
		return -1;
	if (!text_is_name(spec->cluster))
		return err_set(err, BELAY_EINVAL, "not a cluster's name: '%s'",
			       spec->cluster);
	if (strlen(spec->submission) != RUN_ID_HEX - 1)
		return err_set(err, BELAY_EINVAL, "not a submission id: '%s'",
			       spec->submission);
	return 0;
}

struct run *run_create(const struct run_spec *spec, bool *fresh, bool *renamed,
		       struct belay_error *err)
{
	_auto_close_ int rootfd = -1, clusterfd = -1;
	char name[RUN_NAME_SIZE + 16];
	struct run *r;

	*fresh = *renamed = false;
	if (check_spec(spec, err) < 0)
		return NULL;
	rootfd = fs_dir_open(spec->root, true, err);
	if (rootfd < 0)
		return NULL;
	clusterfd = fs_subdir_make(rootfd, spec->cluster, err);
	if (clusterfd < 0) {
		err_prefix(err, "%s", spec->root);
		return NULL;
	}
	snprintf(name, sizeof(name), "%s", spec->name);
	for (unsigned i = 2; i < 10000; i++) {
		r = open_or_found(clusterfd, spec, name, fresh, err);
		if (!r || spec->join || !strcmp(r->submission, spec->submission))
			return r;
		run_close(r);
		*renamed = true;
		snprintf(name, sizeof(name), "%s.%u", spec->name, i);
	}
	err_set(err, BELAY_EFAILED, "too many runs are named '%s'", spec->name);
	return NULL;
}
