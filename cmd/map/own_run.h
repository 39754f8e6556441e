/* SPDX-License-Identifier: Apache-2.0 */
/* own_run.h - the run of a map that nobody began for it */
#ifndef CMD_MAP_OWN_RUN_H
#define CMD_MAP_OWN_RUN_H

#include "cmd/map/session.h"

/* Open or make the run, claim the next attempt of it and publish its begin.
 * Sets s->run, s->attempt and s->own. */
int map_run_begin(struct session *s, const struct session_spec *spec,
		  struct belay_error *err);
/* Publish how it ended, and that nothing is to be done about it. */
int map_run_end(struct session *s, int exit_status, int signal,
		struct belay_error *err);

#endif /* CMD_MAP_OWN_RUN_H */
