/* SPDX-License-Identifier: Apache-2.0 */
/* moment.c - who and where we are, as the environment says */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hostlist.h"
#include "base/text.h"
#include "dispatch/dispatch.h"
#include "dispatch/pattern.h"

/* The first of these variables that is set and not empty, or NULL. */
static const char *first_of(const char *a, const char *b)
{
	const char *value = getenv(a);

	if ((!value || !*value) && b)
		value = getenv(b);
	return value && *value ? value : NULL;
}

static int take_text(const char *a, const char *b, char *out, size_t size,
		     struct belay_error *err)
{
	const char *value = first_of(a, b);

	if (text_format(out, size, "%s", value ? value : "") < 0)
		return err_set(err, BELAY_EINVAL, "%s is too long", a);
	return 0;
}

static int take_number(const char *a, const char *b, uint32_t *out,
		       struct belay_error *err)
{
	const char *value = first_of(a, b);
	uint64_t n = 0;

	if (value && text_u64(value, UINT32_MAX, &n) < 0)
		return err_set(err, BELAY_EINVAL, "%s is no number: '%s'", a,
			       value);
	*out = (uint32_t)n;
	return 0;
}

/*
 * The name that means this job and no other.  The task of an array that owns
 * the array's id has it as its own job id too, and Slurm takes a bare array id
 * for all tasks; a component of a het job goes where its leader goes.
 */
static int name_job(struct moment *m, struct belay_error *err)
{
	const char *array = first_of("SLURM_ARRAY_JOB_ID", NULL);
	const char *task = first_of("SLURM_ARRAY_TASK_ID", NULL);
	uint32_t leader;

	if (take_number("SLURM_JOB_ID", "SLURM_JOBID", &m->job_id, err) < 0 ||
	    take_number("SLURM_HET_JOB_ID", NULL, &leader, err) < 0)
		return -1;
	if (!m->job_id)
		return err_set(err, BELAY_EINVAL, "SLURM_JOB_ID is not set; "
			       "this is no job of Slurm's");
	if (leader)
		m->job_id = leader;
	if (array && task)
		text_format(m->job, sizeof(m->job), "%.20s_%.20s", array, task);
	else
		text_format(m->job, sizeof(m->job), "%u", m->job_id);
	return 0;
}

static int find_root(struct moment *m, struct belay_error *err)
{
	_auto_free_ char *root =
		run_root(m->hint.root[0] ? m->hint.root : NULL, err);

	if (!root)
		return -1;
	if (text_format(m->root, sizeof(m->root), "%s", root) < 0)
		return err_set(err, BELAY_EINVAL, "the root's path is too long");
	return 0;
}

/* Only if they are of this job: one submitted from within another has the
 * other's variables too. */
static int count_components(const struct moment *m, uint32_t *n,
			    struct belay_error *err)
{
	uint32_t leader;

	if (take_number("SLURM_HET_SIZE", NULL, n, err) < 0 ||
	    take_number("SLURM_JOB_ID_HET_GROUP_0", NULL, &leader, err) < 0)
		return -1;
	if (leader != m->job_id)
		*n = 0;
	return 0;
}

/* The batch step of a het job knows its own component's nodes by the usual name,
 * and the job is lost with any of them. */
static int take_nodes(struct moment *m, struct belay_error *err)
{
	_auto_hosts_ struct hosts all = { 0 };
	_auto_buf_ struct buf list = { 0 };
	uint32_t n;

	if (count_components(m, &n, err) < 0)
		return -1;
	if (!n)
		return take_text("SLURM_JOB_NODELIST", "SLURM_NODELIST",
				 m->nodes, sizeof(m->nodes), err);
	for (uint32_t i = 0; i < n; i++) {
		char name[64];
		const char *nodes;

		text_format(name, sizeof(name),
			    "SLURM_JOB_NODELIST_HET_GROUP_%u", i);
		nodes = first_of(name, NULL);
		if (nodes && hosts_parse(&all, nodes, err) < 0)
			return -1;
	}
	hosts_format(&all, &list);
	if (list.failed)
		return err_nomem(err);
	if (text_format(m->nodes, sizeof(m->nodes), "%s", buf_text(&list)) < 0)
		return err_set(err, BELAY_EINVAL, "too many nodes");
	return 0;
}

static int take_place(struct moment *m, struct belay_error *err)
{
	if (take_nodes(m, err) < 0 ||
	    take_text("SLURMD_NODENAME", NULL, m->node, sizeof(m->node),
		      err) < 0 ||
	    take_text("SLURM_JOB_WORK_DIR", "SLURM_SUBMIT_DIR", m->work_dir,
		      sizeof(m->work_dir), err) < 0 ||
	    take_text("SLURM_CLUSTER_NAME", NULL, m->cluster,
		      sizeof(m->cluster), err) < 0)
		return -1;
	if (!m->cluster[0])
		strcpy(m->cluster, "local");
	if (!text_is_name(m->cluster))
		return err_set(err, BELAY_EINVAL, "not a name for a cluster: "
			       "'%s'", m->cluster);
	m->node_guessed = !m->node[0];
	if (m->node_guessed)
		gethostname(m->node, sizeof(m->node) - 1);
	return 0;
}

int moment_from_env(struct moment *m, struct belay_error *err)
{
	const char *hint = first_of("BELAY_HINT", NULL);

	memset(m, 0, sizeof(*m));
	if (!hint)
		return err_set(err, BELAY_EINVAL, "BELAY_HINT is not set");
	if (hint_parse(hint, &m->hint, err) < 0 || name_job(m, err) < 0 ||
	    take_place(m, err) < 0 ||
	    take_number("SLURM_RESTART_COUNT", "SLURM_JOB_RESTART_COUNT",
			&m->restart, err) < 0 ||
	    take_number("BELAY_ATTEMPT", NULL, &m->attempt, err) < 0)
		return -1;
	m->join = first_of("BELAY_OPT_RUN", NULL);
	return find_root(m, err);
}

int moment_name_run(struct moment *m, struct belay_error *err)
{
	const char *pattern = first_of("BELAY_OPT_RUN", NULL);
	struct pattern_words words = {
		.job_id = getenv("SLURM_JOB_ID"),
		.array_job_id = getenv("SLURM_ARRAY_JOB_ID"),
		.array_task_id = getenv("SLURM_ARRAY_TASK_ID"),
		.job_name = getenv("SLURM_JOB_NAME"),
		.user = first_of("SLURM_JOB_USER", "USER"),
	};

	return pattern_expand(pattern ? pattern : m->job, &words, m->run_name,
			      err);
}
