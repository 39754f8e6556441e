/* SPDX-License-Identifier: Apache-2.0 */
/* test_exclude.c - suspects are left out, as long as the job fits */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "recover/exclude.h"
#include "tests/support/test.h"

#define NOW 1700000000
#define UNTIL(s) ((NOW + (s)) * INT64_C(1000000))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct belay_error err;

static const struct left_out
	nobody[1], n2[] = { { "n2", UNTIL(60) } },
	three[] = { { "n1", UNTIL(10) }, { "n3", UNTIL(60) },
		    { "n2", UNTIL(30) } },
	two[] = { { "n2", UNTIL(60) }, { "n1", UNTIL(30) } },
	old[] = { { "n1", UNTIL(0) }, { "n2", UNTIL(-5) } };

#define OUT(a) (a), COUNT(a)

static const struct {
	const char *what;
	const struct left_out *out;
	unsigned n_out;
	const char *current, *before, *wanted;
	int cluster, num_nodes;
	enum { UP, DOWN, DRAINED } n2_is;
	const char *list;	/* NULL: left alone */
} cases[] = {
	{ "a suspect", OUT(n2), "", "", "", 4, 2, UP, "n2" },
	{ "beside what the person excludes", OUT(n2), "n9", "", "", 4, 2,
	  UP, "n[2,9]" },
	{ "once more: no change", OUT(n2), "n2", "n2", "", 4, 2, UP, NULL },
	{ "the person excludes it anyway", OUT(n2), "n2", "", "", 4, 2, UP,
	  NULL },
	{ "expired ones come back", OUT(old), "n[1-2],n9", "n[1-2]", "", 4, 2,
	  UP, "n9" },
	{ "the last one comes back", OUT(old), "n1", "n1", "", 4, 2, UP,
	  "" },
	{ "nobody was, nobody is", OUT(old), "(null)", "", "", 4, 2, UP,
	  NULL },
	{ "nobody at all", nobody, 0, NULL, NULL, NULL, 4, 2, UP, NULL },
	{ "a node that the job asks for", OUT(n2), "", "", "n[1-2]", 4, 2,
	  UP, NULL },

	{ "one of a small cluster: the latest", OUT(three), "", "", "", 9, 2,
	  UP, "n3" },
	{ "two of 29, the latest", OUT(three), "", "", "", 29, 2, UP,
	  "n[2-3]" },
	{ "all of 30", OUT(three), "", "", "", 30, 2, UP, "n[1-3]" },

	{ "never so many that the job does not fit", OUT(n2), "", "", "", 2, 2,
	  UP, NULL },
	{ "the person's own count, too", OUT(n2), "n9", "", "", 3, 2, UP,
	  NULL },
	{ "the job fits just so", OUT(n2), "", "", "", 3, 2, UP, "n2" },
	{ "a node that is down takes no place", OUT(n2), "", "", "", 2, 2, DOWN,
	  "n2" },
	{ "nor does one that is drained", OUT(n2), "", "", "", 2, 2, DRAINED,
	  "n2" },
	{ "nor does it take another's", OUT(two), "", "", "", 20, 19, DOWN,
	  "n[1-2]" },
	{ "but who is up does", OUT(two), "", "", "", 20, 19, UP, "n2" },
	{ "it does not fit any more: the suspect is let in", OUT(n2), "n2",
	  "n2", "", 2, 2, UP, "" },

	{ "a cluster of unknown size", OUT(n2), "", "", "", 0, 1, UP, NULL },
	{ "of which one is known to be down", OUT(n2), "", "", "", 0, 1, DOWN,
	  "n2" },
	{ "or is on the list already", OUT(n2), "n2", "n2", "", 0, 1, UP,
	  NULL },
	{ "as all of several are", OUT(three), "n[1-3]", "n[1-3]", "", 0, 1, UP,
	  NULL },
};

static void check(size_t i)
{
	struct left_out out[3];
	struct node_evidence node = { .name = "n2",
				      .down = cases[i].n2_is == DOWN,
				      .drained = cases[i].n2_is == DRAINED };
	struct decision d = { .action = ACTION_FAILOVER, .left_out = out,
			      .n_left_out = cases[i].n_out };
	_auto_free_ char *exc = NULL, *req = NULL, *list = NULL;
	struct job_view job = { .num_nodes = (uint32_t)cases[i].num_nodes };
	struct plan_input in = {
		.decision = &d, .job = &job, .now = NOW,
		.added_before = cases[i].before, .nodes = &node, .n_nodes = 1,
		.cluster_nodes = cases[i].cluster,
	};

	memcpy(out, cases[i].out, cases[i].n_out * sizeof(*out));
	exc = cases[i].current ? strdup(cases[i].current) : NULL;
	req = cases[i].wanted ? strdup(cases[i].wanted) : NULL;
	job.exc_nodes = exc;
	job.req_nodes = req;
	assert_ok(exclude_list(&in, &list, &err), &err);
	if (!list != !cases[i].list ||
	    (list && strcmp(list, cases[i].list)))
		fail_msg("%s: '%s'", cases[i].what, list ? list : "alone");
}

static void test_suspects_join_the_list_within_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(i);
}

static void test_a_list_that_is_none_is_said_so(void **state)
{
	char bad[] = "n[1-";
	struct decision d = { .action = ACTION_RETRY };
	struct job_view job = { .exc_nodes = bad };
	struct plan_input in = { .decision = &d, .job = &job, .now = NOW };
	char *list;

	(void)state;
	assert_fails(exclude_list(&in, &list, &err), &err, BELAY_EINVAL,
		     "not a node list: 'n[1-'");
	assert_null(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suspects_join_the_list_within_limits),
		cmocka_unit_test(test_a_list_that_is_none_is_said_so),
	};

	return cmocka_run_group_tests_name("exclude", tests, NULL, NULL);
}
