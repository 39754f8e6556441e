/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - belay-agent end: the script has ended */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/agent/agent.h"
#include "dispatch/dispatch.h"
#include "slurm/slurm_sched.h"

#define LIMIT_MS 9500
#define WAIT_S 300	/* for slurmctld, should it be away */

/*
 * Without slurmctld the job would stay where it is, so it is worth a wait: what
 * dispatch_end() has done stands, and it goes on from there.  After that what
 * is known is recorded, and the next begin will decide.
 */
static int end_patiently(struct moment *m, struct buf *say,
			 struct belay_error *err)
{
	int64_t until = 0, now;

	while (dispatch_end(m, slurm_sched(), say, err) < 0) {
		if (err->sys != EAGAIN || m->without_slurm)
			return -1;
		now = clock_mono_ns();
		if (!until) {
			reply("BELAY_WAIT", "300");
			agent_limit(WAIT_S * 1000 + LIMIT_MS);
			until = now + (WAIT_S - 15) * INT64_C(1000000000);
		}
		m->without_slurm = now >= until;
		clock_sleep_ms(1000);
	}
	return 0;
}

static int run(int argc, char **argv)
{
	_auto_buf_ struct buf say = { 0 };
	static struct moment m;
	struct belay_error err;
	uint64_t status;
	int rc;

	if (argc != 3 || strcmp(argv[1], "--status") ||
	    text_u64(argv[2], 0xffff, &status) < 0)
		return agent_usage("end: --status WAITSTATUS is needed");
	rc = moment_from_env(&m, &err);
	m.wait_status = (int)status;
	if (rc == 0 && chdir("/") == 0)
		rc = end_patiently(&m, &say, &err);
	reply_say(&say);
	return rc < 0 ? reply_error(&err) : reply_ok();
}

const struct agent_verb end_verb = {
	"end", "--status WAITSTATUS", "record how the script ended, and act",
	LIMIT_MS, run
};
