/* SPDX-License-Identifier: Apache-2.0 */
/* begin.c - belay-agent begin: the script is about to start */

#include <errno.h>
#include <unistd.h>

#include "cmd/agent/agent.h"
#include "dispatch/dispatch.h"
#include "slurm/slurm_sched.h"

static int run(int argc, char **argv)
{
	_auto_buf_ struct buf env = { 0 }, say = { 0 };
	static struct moment m;
	struct belay_error err;
	int rc;

	(void)argv;
	if (argc > 1)
		return agent_usage("begin: takes no arguments");
	rc = moment_from_env(&m, &err);
	if (rc == 0)
		rc = moment_name_run(&m, &err);
	if (rc == 0 && chdir("/") == 0)
		rc = dispatch_begin(&m, slurm_sched(), &env, &say, &err);
	reply_say(&say);
	if (rc < 0 && err.sys == ECANCELED)
		reply("BELAY_CALLED_OFF", "1");
	else if (rc < 0 && (err.code == BELAY_EFENCED || err.code == BELAY_EBUSY))
		reply("BELAY_FENCED", "1");
	if (rc < 0)
		return reply_error(&err);
	reply_lines(&env);
	return reply_ok();
}

const struct agent_verb begin_verb = {
	"begin", "", "open an attempt, print its environment", 9500, run
};
