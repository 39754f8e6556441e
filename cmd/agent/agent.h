/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - belay-agent(8): one process per moment, gone when it is over
 *
 * The plugin starts it as the job's owner, with a pipe for stdout and a
 * deadline.  The reply is lines "BELAY_NAME=value", the last of which is
 * BELAY_OK=1; without that one nothing of it counts.
 */
#ifndef CMD_AGENT_AGENT_H
#define CMD_AGENT_AGENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct agent_verb {
	const char *name, *synopsis, *line;
	int limit_ms;			/* its own deadline, below the plugin's */
	int (*run)(int argc, char **argv);	/* the exit status */
};
extern const struct agent_verb submit_verb, begin_verb, end_verb, after_verb,
	look_verb;

/* ---- life ---- */

/* Die after so many milliseconds, whatever hangs; counted anew from now. */
void agent_limit(int ms);

/* "belay-agent: text" to the stderr that we were started with; 2. */
int agent_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int agent_fail(const struct belay_error *err);	/* 1 */

/* ---- the reply ---- */

/* One line, at once.  Control characters become '?', too long a text is cut. */
void reply(const char *name, const char *value);
/* Lines "BELAY_X=value\n" as they are. */
void reply_lines(const struct buf *lines);
/* A BELAY_SAY for each of the first four lines. */
void reply_say(const struct buf *lines);
int reply_ok(void);				/* 0 */
int reply_error(const struct belay_error *err);	/* 2, or 1 by the code */

#endif /* CMD_AGENT_AGENT_H */
