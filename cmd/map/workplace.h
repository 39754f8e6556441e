/* SPDX-License-Identifier: Apache-2.0 */
/* workplace.h - an executor with all that it needs on this node */
#ifndef CMD_MAP_WORKPLACE_H
#define CMD_MAP_WORKPLACE_H

#include "cmd/map/crew.h"

struct workplace {
	struct executor *executor;
	struct executor_spec spec;
	struct staging into, output;
	char node[256];
};

/*
 * Open the directories that w names and start an executor, which reports as
 * spec says; of that nothing else is used.  Without --into a directory that
 * cannot be written is no error: chunks then have no BELAY_CHUNK_TMP, and a
 * line says so.
 */
int workplace_open(struct workplace *p, const struct work *w,
		   const struct executor_spec *spec, struct belay_error *err);
void workplace_close(struct workplace *p);

#endif /* CMD_MAP_WORKPLACE_H */
