/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held.h - the runs that this process itself has begun attempts of
 *
 * Whether a live process works on a run is told by its number and its start,
 * and these are our own as well when a program has called exec() since.  So the
 * disk cannot tell a second handle from a successor, and this list does.
 */
#ifndef API_HELD_H
#define API_HELD_H

#include "run/run.h"

struct held {			/* a member of the handle; zero: holds nothing */
	struct held *next;
	const struct run *run;
};

/* Until held_drop().  BELAY_EBUSY: another handle of this process has it. */
int held_add(struct held *h, const struct run *r, struct belay_error *err);
/* Nothing happens when it is not there, as in a child: it has forgotten all. */
void held_drop(struct held *h);

#endif /* API_HELD_H */
