/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - causes and Slurm's states, as they are written and read */

#include <string.h>

#include "cause/cause.h"

const char *const cause_words[] = {
	"completed", "node_fail", "preempted", "timeout", "out_of_memory",
	"failed", "signaled", "cancelled", "deadline", "boot_fail",
	"launch_failed", "requeued", "time_slice", "stalled", "vanished", NULL
};

static const char *const sentences[CAUSE_COUNT] = {
	[CAUSE_NONE]          = "it has not ended",
	[CAUSE_COMPLETED]     = "it completed",
	[CAUSE_NODE_FAIL]     = "a node died",
	[CAUSE_PREEMPTED]     = "it was preempted",
	[CAUSE_TIMEOUT]       = "it ran into its time limit",
	[CAUSE_OUT_OF_MEMORY] = "it ran out of memory",
	[CAUSE_FAILED]        = "the script failed",
	[CAUSE_SIGNALED]      = "a signal ended the script",
	[CAUSE_CANCELLED]     = "it was cancelled",
	[CAUSE_DEADLINE]      = "it could not meet its deadline",
	[CAUSE_BOOT_FAIL]     = "a node did not boot",
	[CAUSE_LAUNCH_FAILED] = "it could not be launched",
	[CAUSE_REQUEUED]      = "somebody requeued it",
	[CAUSE_TIME_SLICE]    = "belay stopped it ahead of its time limit",
	[CAUSE_STALLED]       = "it made no progress",
	[CAUSE_VANISHED]      = "it vanished without an end",
};

static const char *const states[] = {
	[JOB_STATE_UNKNOWN]   = "UNKNOWN",
	[JOB_STATE_PENDING]   = "PENDING",
	[JOB_STATE_RUNNING]   = "RUNNING",
	[JOB_STATE_SUSPENDED] = "SUSPENDED",
	[JOB_STATE_COMPLETE]  = "COMPLETED",
	[JOB_STATE_CANCELLED] = "CANCELLED",
	[JOB_STATE_FAILED]    = "FAILED",
	[JOB_STATE_TIMEOUT]   = "TIMEOUT",
	[JOB_STATE_NODE_FAIL] = "NODE_FAIL",
	[JOB_STATE_PREEMPTED] = "PREEMPTED",
	[JOB_STATE_BOOT_FAIL] = "BOOT_FAIL",
	[JOB_STATE_DEADLINE]  = "DEADLINE",
	[JOB_STATE_OOM]       = "OUT_OF_MEMORY",
};

const char *cause_word(enum cause c)
{
	return c > CAUSE_NONE && c < CAUSE_COUNT ? cause_words[c - 1] : "none";
}

enum cause cause_of_word(const char *word)
{
	for (int i = 0; cause_words[i]; i++)
		if (!strcmp(cause_words[i], word))
			return (enum cause)(i + 1);
	return CAUSE_NONE;
}

const char *cause_sentence(enum cause c)
{
	return sentences[c < CAUSE_COUNT ? c : CAUSE_NONE];
}

const char *job_state_word(enum job_state s)
{
	return states[s <= JOB_STATE_OOM ? s : JOB_STATE_UNKNOWN];
}
