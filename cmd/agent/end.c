/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - belay-agent end: the script has ended */

#include <errno.h>
#include <pthread.h>
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
 * slurmstepd waits for us, and a node whose slurmstepd does not end within
 * UnkillableStepTimeout (60 s) after the job was killed is drained.  So we ask
 * for a little time, and again and again while it is slurmctld that we wait for.
 * Stopped by our owner, or held by a disk, we do not ask.
 */
#define ASK_S "40"
#define ASK_EVERY_S 15

static struct asking {
	pthread_mutex_t lock;
	bool away;		/* slurmctld, as far as we know */
} asking = { PTHREAD_MUTEX_INITIALIZER, false };

static void set_away(bool away)
{
	pthread_mutex_lock(&asking.lock);
	asking.away = away;
	pthread_mutex_unlock(&asking.lock);
}

/* Under the lock, for nothing may be said after the last line. */
static void *ask_on(void *unused)
{
	for (int i = ASK_EVERY_S; i < WAIT_S; i += ASK_EVERY_S) {
		clock_sleep_ms(ASK_EVERY_S * 1000);
		pthread_mutex_lock(&asking.lock);
		if (asking.away)
			reply("BELAY_WAIT", ASK_S);
		pthread_mutex_unlock(&asking.lock);
	}
	return unused;
}

static void begin_asking(void)
{
	pthread_t thread;

	reply("BELAY_WAIT", ASK_S);
	agent_limit(WAIT_S * 1000);
	pthread_create(&thread, NULL, ask_on, NULL);
}

/*
 * libslurm tries for as long as MessageTimeout says, and longer while a backup
 * takes over: more than our limit.  The first call is the time to ask for more:
 * the disk has answered by then.
 */
static int load_job(void *state, uint32_t job_id, struct job_view *j,
		    struct belay_error *err)
{
	static bool asked;
	int rc;

	if (!asked)
		begin_asking();
	asked = true;
	set_away(true);
	rc = slurm_sched()->load_job(state, job_id, j, err);
	set_away(rc < 0 && err->sys == EAGAIN);
	return rc;
}

/*
 * Without slurmctld the job would stay where it is, so it is worth a wait: what
 * dispatch_end() has done stands, and it goes on from there.  After that what
 * is known is recorded, and the next begin will decide.
 */
static int end_patiently(struct moment *m, struct buf *say,
			 struct belay_error *err)
{
	int64_t until = clock_mono_ns() + (WAIT_S - 60) * INT64_C(1000000000);
	struct sched sched = *slurm_sched();

	sched.load_job = load_job;
	while (dispatch_end(m, &sched, say, err) < 0) {
		if (err->sys != EAGAIN || m->without_slurm)
			return -1;
		m->without_slurm = clock_mono_ns() >= until;
		set_away(!m->without_slurm);
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
