/* SPDX-License-Identifier: Apache-2.0 */
/* action.c - what can be done about a cause, as it is written and read */

#include <string.h>

#include "policy/policy.h"

const char *const policy_actions[] = {
	[ACTION_NONE]     = "none",
	[ACTION_RETRY]    = "retry",
	[ACTION_FAILOVER] = "failover",
	[ACTION_RESTORE]  = "restore",
	[ACTION_HOLD]     = "hold",
	[ACTION_FAIL]     = "fail",
	[ACTION_COUNT]    = NULL
};

const char *action_word(enum action a)
{
	return policy_actions[a < ACTION_COUNT ? a : ACTION_NONE];
}

int action_of_word(const char *word)
{
	for (int i = 0; policy_actions[i]; i++)
		if (!strcmp(policy_actions[i], word))
			return i;
	return -1;
}
