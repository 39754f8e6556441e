/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilog.c - on every node when the job is over: act if the batch host cannot
 *
 * Runs as root in a process of its own, `slurmstepd spank epilog`, for every
 * job of the cluster: without a hint it must cost nothing.  Of SPANK only
 * spank_get_item() for job, uid and gid works here; spank_job_control_getenv()
 * crashes, and a crash here drains the node.  The environment has the hint.
 */

#include <stdlib.h>
#include <string.h>

#include "plugin/moments.h"
#include "plugin/node.h"
#include "plugin/off.h"

enum { DEADLINE_S = 5 };

void epilog_after(spank_t sp, const struct arguments *args)
{
	const char *hint = getenv(HINT_IN_EPILOG);
	struct moment_call call = {
		.verb = "after", .hint = hint, .get = environment_own,
		.deadline_s = DEADLINE_S,
	};
	char why[AGENT_WHY];

	if (!hint || strlen(hint) >= HINT_SIZE || is_off() ||
	    spank_get_item(sp, S_JOB_UID, &call.owner.uid) != ESPANK_SUCCESS ||
	    spank_get_item(sp, S_JOB_GID, &call.owner.gid) != ESPANK_SUCCESS)
		return;
	if (!node_call(sp, args, &call, why))
		slurm_error("belay: nothing was done after the job: %s", why);
}
