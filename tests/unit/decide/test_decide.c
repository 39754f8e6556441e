/* SPDX-License-Identifier: Apache-2.0 */
/* test_decide.c - the rule that matches, the limits, and what is said */

#include <stdlib.h>
#include <string.h>

#include "decide/decide.h"
#include "tests/support/test.h"

#define S INT64_C(1000000)
#define NOW (100000 * S)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct belay_error err;

/* A policy by its text; a preset's name is one too. */
static struct policy policy_of(const char *text)
{
	struct policy p;

	if (policy_is_preset(text))
		assert_ok(policy_preset(text, &p, &err), &err);
	else
		assert_ok(policy_parse("p", text, strlen(text), &p, &err),
			  &err);
	return p;
}

/* History in letters, oldest first: f a counted failure, F one that made
 * progress, u an uncounted end, U one with progress, m a use of rule 'more'. */
static unsigned history(const char *letters, struct past *past)
{
	unsigned n = 0;

	for (; letters[n]; n++) {
		past[n] = (struct past){
			.attempt = n + 1,
			.end_us = NOW - (int64_t)(strlen(letters) - n) * 60 * S,
			.cause = CAUSE_FAILED,
			.rule = "standard",
			.counts = strchr("fFm", letters[n]) != NULL,
			.progress = strchr("FU", letters[n]) != NULL,
		};
		if (letters[n] == 'm')
			memcpy(past[n].rule, "more", 5);
	}
	return n;
}

static const char more[] =
	"version: 1\n"
	"attempts: {max: 20, backoff: {initial: 10s, max: 70s}}\n"
	"rules:\n"
	"- {name: more, on: [out_of_memory], action: restore, max: 2}\n"
	"- {name: usage, on: [failed], exit_codes: [2, 64-78], action: fail}\n"
	"- {name: ask, on: [signaled], action: hold}\n"
	"- {name: leave, on: [stalled], action: none}\n"
	"- {name: mine, on: [preempted], action: retry}\n";

/* What else is known; a good checkpoint is not damaged; of nine starts nothing is
 * known. */
enum { PROGRESS = 1, NO_REQUEUE = 2, GOOD = 4, DAMAGED = 8, LOST = 16 };

static const struct {
	const char *policy, *past;
	enum cause cause;
	int status, known;
	enum action action;
	const char *rule, *reason;
	int delay_s, left;
} cases[] = {
	/* the preset's rules */
	{ "standard", "", CAUSE_NODE_FAIL, -1, 0, ACTION_RETRY, "standard",
	  "a node died; rule 'standard' says: run again what is unfinished",
	  0, 9 },
	{ "high-availability", "", CAUSE_VANISHED, -1, 0, ACTION_FAILOVER,
	  "high-availability", "without the suspects", 0, 9 },
	{ "checkpoint-recovery", "", CAUSE_TIMEOUT, -1, GOOD, ACTION_RESTORE,
	  "checkpoint-recovery", "it ran into its time limit; rule "
	  "'checkpoint-recovery' says: start again from the newest good "
	  "checkpoint", 0, 9 },
	{ "checkpoint-recovery", "", CAUSE_TIMEOUT, -1, 0, ACTION_RESTORE,
	  "checkpoint-recovery", "start again from the beginning, for there is "
	  "no checkpoint", 0, 9 },
	{ "standard", "f", CAUSE_PREEMPTED, -1, 0, ACTION_RETRY,
	  "standard: preempted", "it was preempted; rule 'standard: preempted' "
	  "says: run again", 0, 9 },
	{ "standard", "", CAUSE_REQUEUED, -1, 0, ACTION_RETRY,
	  "standard: nobody's fault", "somebody requeued it; ", 0, 10 },
	{ "standard", "", CAUSE_FAILED, 65, 0, ACTION_FAIL,
	  "only quarantined chunks are left", "the script failed; rule 'only "
	  "quarantined chunks are left' says: let the job end", 0, 9 },
	{ "standard", "", CAUSE_COMPLETED, 0, 0, ACTION_NONE, "standard",
	  "it completed; policy 'standard' does nothing about that", 0, -1 },
	{ "standard", "", CAUSE_CANCELLED, -1, 0, ACTION_NONE, "standard",
	  "it was cancelled; policy 'standard' does nothing", 0, -1 },
	{ "standard", "", CAUSE_DEADLINE, -1, 0, ACTION_NONE, "standard",
	  "does nothing about that", 0, -1 },
	{ "none", "", CAUSE_NODE_FAIL, -1, 0, ACTION_NONE, "none",
	  "a node died; policy 'none' does nothing about that", 0, -1 },

	/* the file's rules */
	{ more, "", CAUSE_FAILED, 2, 0, ACTION_FAIL, "usage",
	  "rule 'usage' says: let the job end", 0, 19 },
	{ more, "", CAUSE_FAILED, 78, 0, ACTION_FAIL, "usage", "usage", 0, 19 },
	{ more, "", CAUSE_FAILED, 3, 0, ACTION_RETRY, "standard", "run again",
	  10, 19 },
	{ more, "", CAUSE_FAILED, -1, 0, ACTION_RETRY, "standard", "run again",
	  10, 19 },
	{ more, "", CAUSE_SIGNALED, -1, 0, ACTION_HOLD, "ask",
	  "a signal ended the script; rule 'ask' says: hold the job for a "
	  "person", 0, 19 },
	{ more, "", CAUSE_STALLED, -1, 0, ACTION_NONE, "leave",
	  "it made no progress; rule 'leave' says: do nothing", 0, 19 },

	/* backoff */
	{ more, "f", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 20, 18 },
	{ more, "ufu", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 20,
	  18 },
	{ more, "ff", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 40,
	  17 },
	{ more, "fff", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 70,
	  16 },
	{ more, "fFf", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 40,
	  16 },
	{ more, "fff", CAUSE_FAILED, 1, PROGRESS, ACTION_RETRY, "standard", "",
	  10, 16 },
	{ more, "ffU", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 10,
	  17 },

	/* limits */
	{ "standard", "FFFFFFFF", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard",
	  "", 0, 1 },
	{ "standard", "FFFFFFFFF", CAUSE_FAILED, 1, 0, ACTION_HOLD,
	  "attempts.max", "the script failed; 10 of 10 attempts are used up: "
	  "hold the job for a person", 0, 0 },
	{ "standard", "", CAUSE_FAILED, 1, LOST, ACTION_HOLD, "attempts.max",
	  "10 of 10 attempts are used up, 9 of which left no records: hold the "
	  "job for a person", 0, 0 },
	{ more, "f", CAUSE_FAILED, 1, LOST, ACTION_RETRY, "standard", "", 20,
	  9 },
	{ "standard", "uuuuFFFFFFFF", CAUSE_FAILED, 1, 0, ACTION_RETRY,
	  "standard", "", 0, 1 },
	{ "version: 1\nattempts: {max: 2, give_up: fail}", "F", CAUSE_FAILED,
	  1, 0, ACTION_FAIL, "attempts.max", "2 of 2 attempts are used up: let "
	  "the job end", 0, 0 },
	{ "version: 1\nattempts: {max: 1}", "", CAUSE_PREEMPTED, -1, 0,
	  ACTION_RETRY, "standard: preempted", "", 0, 1 },
	{ "standard", "fffff", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "",
	  0, 4 },
	{ "standard", "Ff", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "", 0,
	  7 },
	{ "standard", "Fff", CAUSE_FAILED, 1, 0, ACTION_HOLD,
	  "attempts.without_progress", "3 attempts in a row made no progress",
	  0, 6 },
	{ "standard", "Ffuf", CAUSE_FAILED, 1, 0, ACTION_HOLD,
	  "attempts.without_progress", "3 attempts in a row", 0, 6 },
	{ "standard", "FfUf", CAUSE_FAILED, 1, 0, ACTION_RETRY, "standard", "",
	  0, 6 },
	{ "standard", "Fff", CAUSE_FAILED, 1, PROGRESS, ACTION_RETRY,
	  "standard", "", 0, 6 },
	{ more, "mF", CAUSE_OUT_OF_MEMORY, -1, GOOD, ACTION_RESTORE, "more", "",
	  20, 17 },
	{ more, "mmF", CAUSE_OUT_OF_MEMORY, -1, GOOD, ACTION_HOLD, "more: max",
	  "it ran out of memory; rule 'more' was followed 2 times, its max: "
	  "hold the job", 0, 16 },
	{ "checkpoint-recovery", "", CAUSE_FAILED, 1, DAMAGED, ACTION_HOLD,
	  "checkpoints", "every checkpoint is damaged: hold the job", 0, 9 },
	{ "version: 1\npreset: restore\nattempts: {give_up: fail}", "",
	  CAUSE_FAILED, 1, DAMAGED, ACTION_HOLD, "checkpoints",
	  "every checkpoint is damaged: hold the job", 0, 9 },
	{ "standard", "", CAUSE_FAILED, 1, DAMAGED, ACTION_RETRY, "standard",
	  "", 0, 9 },

	/* bursts: six uncounted ends within an hour are fine */
	{ "standard", "uuuuu", CAUSE_PREEMPTED, -1, 0, ACTION_RETRY,
	  "standard: preempted", "rule 'standard: preempted' says", 0, 10 },
	{ "standard", "uuuuuu", CAUSE_PREEMPTED, -1, 0, ACTION_RETRY,
	  "standard: preempted", "7 attempts that do not count within 1h00m, "
	  "so after 10m00s: run again", 600, 10 },
	{ "standard", "ufufufu", CAUSE_PREEMPTED, -1, 0, ACTION_RETRY,
	  "standard: preempted", "says", 0, 7 },
	{ "version: 1\nattempts: {burst: 2/90s}", "uuuu", CAUSE_REQUEUED, -1, 0,
	  ACTION_RETRY, "standard: nobody's fault", "says", 0, 10 },
	{ "version: 1\nattempts: {burst: 2/150s}", "uuuu", CAUSE_REQUEUED, -1,
	  0, ACTION_RETRY, "standard: nobody's fault", "3 attempts that do not "
	  "count", 600, 10 },

	/* what Slurm does not requeue */
	{ "standard", "", CAUSE_FAILED, 1, NO_REQUEUE, ACTION_NONE, "standard",
	  "the script failed; this job may not be requeued (sbatch --requeue)",
	  0, 9 },
	{ more, "", CAUSE_SIGNALED, -1, NO_REQUEUE, ACTION_NONE, "ask",
	  "may not be requeued", 0, 19 },
	{ more, "", CAUSE_FAILED, 2, NO_REQUEUE, ACTION_FAIL, "usage",
	  "let the job end", 0, 19 },
};

static void check(size_t i)
{
	struct policy p = policy_of(cases[i].policy);
	struct verdict v = { .cause = cases[i].cause };
	struct past past[16];
	struct question q = {
		.policy = &p, .past = past,
		.n_past = history(cases[i].past, past),
		.now = { .cause = cases[i].cause, .end_us = NOW,
			 .exit_code = cases[i].status,
			 .progress = cases[i].known & PROGRESS },
		.verdict = &v,
		.ever_progress = strpbrk(cases[i].past, "FU") != NULL,
		.may_requeue = !(cases[i].known & NO_REQUEUE),
		.checkpoint_any = cases[i].known & (GOOD | DAMAGED),
		.checkpoint_good = cases[i].known & GOOD,
		.lost = cases[i].known & LOST ? 9 : 0,
		.now_us = NOW,
	};
	struct decision d;

	assert_ok(decide(&q, &d, &err), &err);
	if (d.action != cases[i].action || !strstr(d.reason, cases[i].reason))
		fail_msg("case %zu: %s: '%s'", i, action_word(d.action),
			 d.reason);
	assert_string_equal(d.rule, cases[i].rule);
	if (d.delay_s != cases[i].delay_s || d.attempts_left != cases[i].left)
		fail_msg("case %zu: delay %d, %d left", i, (int)d.delay_s,
			 d.attempts_left);
	decision_fini(&d);
}

static void test_cause_and_history_become_an_action(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(i);
}

static struct decision after_preemption(const char *policy, const char *letters)
{
	struct policy p = policy_of(policy);
	struct verdict v = { .cause = CAUSE_PREEMPTED };
	struct past past[16];
	struct question q = {
		.policy = &p, .past = past, .n_past = history(letters, past),
		.now = { .cause = CAUSE_PREEMPTED, .exit_code = -1 },
		.verdict = &v, .may_requeue = true, .now_us = NOW,
	};
	struct decision d;

	assert_ok(decide(&q, &d, &err), &err);
	free(d.left_out);
	d.left_out = NULL;
	return d;
}

static void test_only_the_presets_rule_keeps_slurms_delay(void **state)
{
	struct decision d = after_preemption("standard", "");

	(void)state;
	assert_true(d.slurm_delay);
	assert_false(d.counts);
	d = after_preemption(more, "");
	assert_string_equal(d.rule, "mine");
	assert_false(d.slurm_delay);
	assert_true(d.counts);
	d = after_preemption("standard", "uuuuuu");
	assert_false(d.slurm_delay);
}

static void test_a_run_ends_at_the_ceiling(void **state)
{
	static struct past past[999];
	struct policy p = policy_of("standard");
	struct verdict v = { .cause = CAUSE_REQUEUED };
	struct question q = {
		.policy = &p, .past = past, .n_past = 998,
		.now = { .cause = CAUSE_REQUEUED }, .verdict = &v,
		.may_requeue = true, .now_us = NOW,
	};
	struct decision d;

	(void)state;
	assert_ok(decide(&q, &d, &err), &err);
	assert_int_equal(d.action, ACTION_RETRY);
	assert_int_equal(d.attempts_left, 1);
	decision_fini(&d);
	q.n_past = 999;
	assert_ok(decide(&q, &d, &err), &err);
	assert_int_equal(d.action, ACTION_HOLD);
	assert_string_equal(d.rule, "ceiling");
	assert_non_null(strstr(d.reason, "1000 attempts are the most"));
	decision_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cause_and_history_become_an_action),
		cmocka_unit_test(test_only_the_presets_rule_keeps_slurms_delay),
		cmocka_unit_test(test_a_run_ends_at_the_ceiling),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
