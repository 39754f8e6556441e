/* SPDX-License-Identifier: Apache-2.0 */
/* testrun.c - a run in a test's directory, and its attempts */

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/journal.h"
#include "tests/support/testrun.h"

struct run *testrun_open(struct tmpdir *d)
{
	struct run_spec spec = {
		.root = d->path, .cluster = "mc", .name = "12",
		.submission = "0123456789abcdef0123456789abcdef",
		.preset = "standard", .work_dir = "/home/alice",
	};
	bool fresh, renamed;
	struct run *r = run_create(&spec, &fresh, &renamed, &d->err);

	if (!r)
		fail_msg("%s", d->err.text);
	return r;
}

unsigned testrun_claim(const struct run *r, struct belay_error *err)
{
	const struct begin who = { .job = "somebody's", .batch_host = "n9" };
	struct run *own = run_open_dir(r->dir, err);
	unsigned n = 0;

	if (own && run_claim(own, &who, &n, err) != 1)
		n = 0;
	run_close(own);
	return n;
}

unsigned testrun_begin(struct run *r, struct tmpdir *d)
{
	struct begin begin = { .nodes = (char[]){ "n[1-2]" } };
	unsigned n = testrun_claim(r, &d->err);

	assert_int_not_equal(n, 0);
	assert_ok(run_reload(r, &d->err), &d->err);
	run_begin_self(&begin);
	assert_ok(journal_cut(r, n, &begin, &d->err), &d->err);
	assert_ok(run_publish_begin(r, n, &begin, &d->err), &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
	free(begin.cut);
	return n;
}

void testrun_end(struct run *r, unsigned n, const char *cause,
		 const char *suspects, struct tmpdir *d)
{
	struct end end = { .by = "end", .exit_code = -1, .signal = -1 };
	char nodes[256];

	snprintf(end.cause, sizeof(end.cause), "%s", cause);
	snprintf(nodes, sizeof(nodes), "%s", suspects);
	end.suspects = nodes;
	assert_ok(run_publish_end(r, n, &end, &d->err), &d->err);
	assert_ok(run_reload(r, &d->err), &d->err);
}

void testrun_journal(struct run *r, unsigned n, const char *suffix,
		     char path[512])
{
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/attempts/%06u/journal/*%s",
		 r->dir, n, suffix);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	snprintf(path, 512, "%s", found.gl_pathv[0]);
	globfree(&found);
}
