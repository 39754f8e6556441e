/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - the verbs that say how a run stands and how it came to that */
#ifndef CMD_BELAY_STATUS_H
#define CMD_BELAY_STATUS_H

#include "base/json.h"
#include "cmd/belay/facts.h"
#include "cmd/belay/verb.h"

extern const struct verb verb_status, verb_why, verb_events;

/* The object of doc/DESIGN.md section 7, as an interface. */
void status_json(const struct facts *f, struct json_out *o);
/* All that is recorded about attempts, their ends and what was decided, to
 * stdout; the exit status. */
int why_json(const struct facts *f);
/* A page about one run, and a line of a table about many. */
void status_page(const struct facts *f);
void status_table_head(void);
void status_table_line(const struct facts *f);

#endif /* CMD_BELAY_STATUS_H */
