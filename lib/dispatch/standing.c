/* SPDX-License-Identifier: Apache-2.0 */
/* standing.c - may this agent still speak for its attempt? */

#include <string.h>

#include "base/text.h"
#include "dispatch/standing.h"

static bool same_host(const char *a, const char *b)
{
	return !a[0] || !b[0] || !strcmp(a, b);
}

bool standing_holds(const struct begin *b, const struct job_view *j)
{
	if (j->job_id != b->job_id || !same_host(j->batch_host, b->batch_host))
		return false;
	if (j->state == JOB_STATE_PENDING)
		return j->completing && j->restart == b->restart + 1;
	return j->restart == b->restart &&
	       (!b->start_time || j->start_time == b->start_time);
}

bool standing_is_forgotten(const struct begin *b, const struct job_view *j)
{
	return j->job_id == b->job_id && j->state == JOB_STATE_PENDING &&
	       !j->completing && !j->held && !j->held_by_admin &&
	       j->restart == b->restart;
}

int standing_is_newest(const struct run *r, unsigned attempt,
		       struct belay_error *err)
{
	if (run_check_fence(r, attempt, err) == 0)
		return 1;
	return err->code == BELAY_EFENCED ? 0 : -1;
}

static bool is_of_job(const struct begin *b, const struct moment *m, bool exact)
{
	if (!run_begin_is_of(b, m->job_id, m->hint.submission))
		return false;
	if (!exact)
		return m->restart == b->restart || m->restart == b->restart + 1;
	/* slurmctld killed right after a start launches the job a second time
	 * with the same count, perhaps elsewhere */
	return m->restart == b->restart && same_host(m->node, b->batch_host);
}

unsigned standing_attempt(const struct run *r, const struct moment *m,
			  bool exact)
{
	const struct attempt *a = run_newest(r);

	if (!a || a->number != run_newest_number(r) ||
	    !is_of_job(a->begin, m, exact))
		return 0;
	if (exact && m->attempt && m->attempt != a->number)
		return 0;
	return a->number;
}

struct run *standing_run(const struct moment *m, struct belay_error *err)
{
	char name[RUN_NAME_SIZE], dir[sizeof(m->root) + 2 * RUN_NAME_SIZE + 2];

	if (run_of_job(m->root, m->cluster, m->job_id, m->hint.submission,
		       name, err) < 0)
		return NULL;
	if (text_format(dir, sizeof(dir), "%s/%s/%s", m->root, m->cluster,
			name) < 0) {
		err_set(err, BELAY_EINVAL, "the path of run '%s' is too long",
			name);
		return NULL;
	}
	return run_open_dir(dir, err);
}
