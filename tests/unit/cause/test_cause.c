/* SPDX-License-Identifier: Apache-2.0 */
/* test_cause.c - evidence becomes the right cause, with words and suspects */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cause/cause.h"
#include "tests/support/test.h"

#define EXIT(n) .seen_end = true, .wait_status = (n) << 8
#define SIGNAL(n) .seen_end = true, .wait_status = (n)
#define STATE(s) .job_known = true, .state = JOB_STATE_##s
#define NODES(a) .nodes = (a), .n_nodes = sizeof(a) / sizeof((a)[0])

static const struct node_evidence
	healthy[] = { { .name = "n1", .state = "ALLOCATED" },
		      { .name = "n2", .state = "ALLOCATED" } },
	one_down[] = { { .name = "n1", .state = "ALLOCATED" },
		       { .name = "n2", .down = true, .state = "DOWN*" } },
	two_down[] = { { .name = "n1", .down = true, .state = "DOWN" },
		       { .name = "n2", .down = true, .state = "DOWN" } },
	rebooted[] = { { .name = "n1", .rebooted = true, .state = "IDLE" },
		       { .name = "n2" } };

/* suspects as a hostlist; words of the first line of evidence. */
static const struct {
	const char *what;
	struct evidence e;
	enum cause cause;
	int exit_code, signal;
	const char *suspects, *words;
} cases[] = {
	{ "Slurm's judgement wins over the exit status",
	  { STATE(TIMEOUT), SIGNAL(SIGTERM), NODES(one_down) },
	  CAUSE_TIMEOUT, -1, SIGTERM, "", "Slurm says TIMEOUT" },
	{ "even over a status of 0", { STATE(CANCELLED), EXIT(0) },
	  CAUSE_CANCELLED, 0, -1, "", "Slurm says CANCELLED" },
	{ "a deadline", { STATE(DEADLINE) }, CAUSE_DEADLINE, -1, -1, "",
	  "Slurm says DEADLINE" },
	{ "a job that may not be requeued and lost a node",
	  { STATE(NODE_FAIL), SIGNAL(SIGTERM), NODES(one_down) },
	  CAUSE_NODE_FAIL, -1, SIGTERM, "n2", "Slurm says NODE_FAIL" },
	{ "memory, as Slurm saw it", { STATE(OOM), EXIT(1) },
	  CAUSE_OUT_OF_MEMORY, 1, -1, "", "Slurm says OUT_OF_MEMORY" },
	{ "a node that did not boot is suspect",
	  { STATE(BOOT_FAIL), .batch_host = "n1" }, CAUSE_BOOT_FAIL, -1, -1,
	  "n1", "Slurm says BOOT_FAIL" },
	{ "preempted and not requeued", { STATE(PREEMPTED) }, CAUSE_PREEMPTED,
	  -1, -1, "", "Slurm says PREEMPTED" },
	{ "a state of a job that is not known says nothing",
	  { .state = JOB_STATE_TIMEOUT, EXIT(3) }, CAUSE_FAILED, 3, -1, "",
	  "the script ended with exit status 3" },

	{ "requeued by preemption",
	  { STATE(PENDING), .requeue_pending = true, SIGNAL(SIGTERM),
	    .preempt_time = 1700000000, NODES(one_down) },
	  CAUSE_PREEMPTED, -1, SIGTERM, "",
	  "Slurm preempted it at 2023-11-14T22:13:20Z" },
	{ "requeued because a node is down",
	  { STATE(PENDING), .requeue_pending = true, SIGNAL(SIGTERM),
	    NODES(one_down) },
	  CAUSE_NODE_FAIL, -1, SIGTERM, "n2", "node n2 is DOWN*" },
	{ "requeued, and Slurm names the node",
	  { STATE(PENDING), .requeue_pending = true, .failed_node = "n2",
	    NODES(healthy) },
	  CAUSE_NODE_FAIL, -1, -1, "n2",
	  "Slurm names n2 as the node that failed" },
	{ "requeued by a person",
	  { STATE(PENDING), .requeue_pending = true, SIGNAL(SIGTERM),
	    NODES(healthy) },
	  CAUSE_REQUEUED, -1, SIGTERM, "", "put the job back into the queue" },

	{ "the script is done before Slurm says so",
	  { STATE(RUNNING), EXIT(0), NODES(healthy) }, CAUSE_COMPLETED, 0, -1,
	  "", "the script ended with exit status 0" },
	{ "a script that coped with a killed step is done",
	  { STATE(RUNNING), EXIT(0), .oom_kill = true }, CAUSE_COMPLETED, 0,
	  -1, "", "the script ended with exit status 0" },
	{ "a script that is done in its grace time is done",
	  { STATE(RUNNING), EXIT(0), .preempt_time = 1700000000 },
	  CAUSE_COMPLETED, 0, -1, "", "the script ended with exit status 0" },
	{ "a script that fails in its grace time has failed",
	  { STATE(RUNNING), EXIT(3), .preempt_time = 1700000000 }, CAUSE_FAILED,
	  3, -1, "", "the script ended with exit status 3" },
	{ "a step that Slurm ended in its grace time",
	  { STATE(RUNNING), EXIT(128 + SIGTERM), .preempt_time = 1700000000 },
	  CAUSE_PREEMPTED, 143, -1, "",
	  "Slurm preempted it at 2023-11-14T22:13:20Z" },
	{ "an exit status", { STATE(RUNNING), EXIT(3), NODES(healthy) },
	  CAUSE_FAILED, 3, -1, "", "the script ended with exit status 3" },
	{ "a crash beside a dead node stays a crash",
	  { STATE(RUNNING), EXIT(3), NODES(one_down) }, CAUSE_FAILED, 3, -1,
	  "", "the script ended with exit status 3" },
	{ "a signal", { STATE(RUNNING), SIGNAL(SIGSEGV), NODES(one_down) },
	  CAUSE_SIGNALED, -1, SIGSEGV, "",
	  "signal 11 (Segmentation fault) ended the script" },
	{ "SIGTERM while all nodes live",
	  { STATE(RUNNING), SIGNAL(SIGTERM), NODES(healthy) }, CAUSE_SIGNALED,
	  -1, SIGTERM, "", "signal 15 (Terminated) ended the script" },
	{ "SIGTERM while a node is down, before Slurm judges",
	  { STATE(RUNNING), SIGNAL(SIGTERM), NODES(one_down) },
	  CAUSE_NODE_FAIL, -1, SIGTERM, "n2", "node n2 is DOWN*" },
	{ "a shell that reports a child killed while nodes are down",
	  { STATE(RUNNING), EXIT(128 + SIGKILL), NODES(two_down) },
	  CAUSE_NODE_FAIL, 137, -1, "n[1-2]", "nodes n[1-2] are down" },
	{ "memory, as the cgroup counted it",
	  { STATE(RUNNING), SIGNAL(SIGKILL), .oom_kill = true,
	    NODES(healthy) },
	  CAUSE_OUT_OF_MEMORY, -1, SIGKILL, "", "for want of memory" },
	{ "completed, unseen", { STATE(COMPLETE) }, CAUSE_COMPLETED, -1, -1,
	  "", "Slurm says COMPLETED" },
	{ "failed, unseen", { STATE(FAILED) }, CAUSE_FAILED, -1, -1, "",
	  "Slurm says FAILED" },

	{ "found by the next attempt: a node that is down",
	  { STATE(RUNNING), .later_attempt = true, .restart_then = 1,
	    .restart_now = 2, NODES(one_down) },
	  CAUSE_NODE_FAIL, -1, -1, "n2", "node n2 is DOWN*" },
	{ "found by the next attempt: a node that is back already",
	  { STATE(RUNNING), .later_attempt = true, .restart_now = 1,
	    NODES(rebooted) },
	  CAUSE_NODE_FAIL, -1, -1, "n1",
	  "n1 rebooted after the attempt began" },
	{ "found by the next attempt: nothing to blame",
	  { STATE(RUNNING), .later_attempt = true, .restart_then = 1,
	    .restart_now = 2, NODES(healthy) },
	  CAUSE_VANISHED, -1, -1, "", "the next attempt found no end" },
	{ "claimed, and no more",
	  { STATE(RUNNING), .later_attempt = true, .never_began = true,
	    .batch_host = "n1", NODES(healthy) },
	  CAUSE_LAUNCH_FAILED, -1, -1, "n1", "was claimed, but never began" },
	{ "nothing is known at all", { .job_known = false }, CAUSE_VANISHED,
	  -1, -1, "", "nobody saw the script end" },
};

static void check(size_t i)
{
	_auto_buf_ struct buf suspects = { 0 };
	struct belay_error err;
	struct verdict v;

	assert_ok(cause_of(&cases[i].e, &v, &err), &err);
	hosts_format(&v.suspects, &suspects);
	if (v.cause != cases[i].cause)
		fail_msg("%s: %s", cases[i].what, cause_word(v.cause));
	assert_int_equal(v.exit_code, cases[i].exit_code);
	assert_int_equal(v.signal, cases[i].signal);
	assert_string_equal(buf_text(&suspects), cases[i].suspects);
	assert_true(v.n_lines > 0);
	if (!strstr(v.lines[0], cases[i].words))
		fail_msg("%s: '%s'", cases[i].what, v.lines[0]);
	verdict_free(&v);
	assert_int_equal(v.n_lines, 0);
}

static void test_evidence_becomes_a_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(i);
}

static void expect_lines(const struct evidence *e, const char *const *lines)
{
	struct belay_error err;
	struct verdict v;
	unsigned i;

	assert_ok(cause_of(e, &v, &err), &err);
	for (i = 0; lines[i]; i++) {
		assert_true(i < v.n_lines);
		assert_string_equal(v.lines[i], lines[i]);
	}
	assert_int_equal(v.n_lines, i);
	verdict_free(&v);
}

static void test_the_evidence_is_told_line_by_line(void **state)
{
	static const struct evidence requeued = {
		STATE(PENDING), .requeue_pending = true, .failed_node = "n2",
		NODES(one_down),
	}, later = {
		STATE(RUNNING), .later_attempt = true, .restart_then = 1,
		.restart_now = 2, NODES(healthy),
	}, forgotten = { .later_attempt = true }, crash = {
		STATE(RUNNING), EXIT(3), NODES(rebooted),
	}, memory = { STATE(RUNNING), EXIT(137), .oom_kill = true };

	(void)state;
	expect_lines(&requeued, (const char *const[]){
		"Slurm names n2 as the node that failed", "node n2 is DOWN*",
		"Slurm has put the job back into the queue", NULL });
	expect_lines(&later, (const char *const[]){
		"the next attempt found no end of this one",
		"Slurm's restart count rose from 1 to 2", NULL });
	expect_lines(&forgotten, (const char *const[]){
		"the next attempt found no end of this one",
		"Slurm does not know the job any more", NULL });
	expect_lines(&crash, (const char *const[]){
		"the script ended with exit status 3",
		"n1 rebooted after the attempt began", NULL });
	expect_lines(&memory, (const char *const[]){
		"the kernel killed a process of the job for want of memory",
		"the script ended with exit status 137", NULL });
}

static void test_a_thousand_dead_nodes_are_one_line(void **state)
{
	static struct node_evidence nodes[1000];
	struct evidence e = { STATE(NODE_FAIL), NODES(nodes) };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(nodes[i].name, sizeof(nodes[i].name), "n%u", i);
		nodes[i].down = true;
	}
	expect_lines(&e, (const char *const[]){
		"Slurm says NODE_FAIL", "nodes n[0-999] are down", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evidence_becomes_a_cause),
		cmocka_unit_test(test_the_evidence_is_told_line_by_line),
		cmocka_unit_test(test_a_thousand_dead_nodes_are_one_line),
	};

	return cmocka_run_group_tests_name("cause", tests, NULL, NULL);
}
