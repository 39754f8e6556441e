/* SPDX-License-Identifier: Apache-2.0 */
/* after.c - belay-agent after: a node's epilog */

#include <unistd.h>

#include "cmd/agent/agent.h"
#include "dispatch/dispatch.h"
#include "slurm/slurm_sched.h"

static int run(int argc, char **argv)
{
	_auto_buf_ struct buf say = { 0 };
	static struct moment m;
	struct belay_error err;
	int rc;

	(void)argv;
	if (argc > 1)
		return agent_usage("after: takes no arguments");
	rc = moment_from_env(&m, &err);
	if (rc == 0 && chdir("/") == 0)
		rc = dispatch_after(&m, slurm_sched(), &say, &err);
	reply_say(&say);
	return rc < 0 ? reply_error(&err) : reply_ok();
}

const struct agent_verb after_verb = {
	"after", "", "do what end could not, and shorten the wait", 4800, run
};
