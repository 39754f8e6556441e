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
 * Open the directories that w names and start an executor.  Without --into a
 * directory that cannot be written is no error: chunks then have no
 * BELAY_CHUNK_TMP, and a line says so.  begun, ended and arg as in struct
 * executor_spec.
 */
int workplace_open(struct workplace *p, const struct work *w,
		   void (*begun)(void *, uint64_t, uint32_t),
		   void (*ended)(void *, struct result *), void *arg,
		   struct belay_error *err);
void workplace_close(struct workplace *p);

#endif /* CMD_MAP_WORKPLACE_H */
