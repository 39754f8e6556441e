/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moment.h - begin and end of a job's script, where there is no plugin
 *
 * belay(1) does not link libslurm: belay-agent does the work, and its reply is
 * turned into what a shell can use.
 */
#ifndef CMD_BELAY_MOMENT_H
#define CMD_BELAY_MOMENT_H

#include "base/buf.h"
#include "base/json.h"
#include "cmd/belay/verb.h"

extern const struct verb verb_begin, verb_end;

/*
 * Run belay-agent with these arguments and this environment besides, and take
 * its reply (cleared first).  Lines for people go to stderr at once.  -1 with
 * BELAY_ERROR's text when the reply does not end with BELAY_OK; err->sys is
 * ECANCELED when Slurm was asked to take this start of the job back.
 */
int moment_ask(const char *const *argv, const char *const *env,
	       struct buf *reply, struct belay_error *err);

/* What Slurm says of a job id, as `belay-agent look` prints it; NULL when it
 * cannot be asked.  Takes 3 s at the most. */
struct json *moment_look(const char *job);

#endif /* CMD_BELAY_MOMENT_H */
