/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - belay end: the moment, for a script without the plugin */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cmd/belay/moment.h"

static int run_end(const struct verb *v, int argc, char **argv)
{
	_auto_buf_ struct buf reply = { 0 };
	const char *arg, *ask[] = { "belay-agent", "end", "--status", NULL,
				    NULL };
	struct belay_error err;
	char status[16];
	uint64_t n;
	int at = 1, o = verb_next_option(v, argc, argv, &at, &arg);

	if (o < -1)
		return verb_option_status(o);
	if (at + 1 != argc || text_u64(argv[at], 255, &n) < 0)
		return verb_usage(v, "the exit status of the script is needed, "
				  "as in 'belay end $?'");
	if (getenv("BELAY_UNPROTECTED"))	/* begin has said why */
		return (int)n;
	if (!getenv("BELAY_HINT"))
		return verb_usage(v, getenv("SLURM_JOB_ID") ?
				  "BELAY_HINT is not set; first "
				  "eval \"$(belay begin)\"" :
				  "SLURM_JOB_ID is not set; 'belay end' belongs "
				  "into a job's script");
	/* as wait(2) has it: a script's own exit status, not a signal */
	snprintf(status, sizeof(status), "%u", (unsigned)n << 8);
	ask[3] = status;
	/* a requeue ends what is left of the script, and that is us */
	signal(SIGTERM, SIG_IGN);
	if (moment_ask(ask, NULL, &reply, &err) < 0)
		verb_fail(v, &err);
	return (int)n;	/* the job ends as its script has, whatever we can do */
}

const struct verb verb_end = {
	.name = "end",
	.synopsis = "STATUS",
	.line = "say how this job's script ended, and have it brought back",
	.more = "The last thing that a script does which began with 'belay "
		"begin'. The cause is\nworked out, the policy asked, and the "
		"job requeued or held if that is the answer:\nSlurm then ends "
		"what is left of the script.  Its exit status is STATUS.",
	.run = run_end,
};
