/* SPDX-License-Identifier: Apache-2.0 */
/* handover.h - the environment that an attempt starts with */
#ifndef DISPATCH_HANDOVER_H
#define DISPATCH_HANDOVER_H

#include "base/buf.h"
#include "run/run.h"

struct handover {
	const struct run *run;
	const char *root;
	unsigned attempt;
	const struct begin *begin;
	const struct attempt *previous;	/* NULL: this is the first */
	int attempts_max;		/* of the policy */
};

/* Lines "BELAY_X=value"; what is unknown or none has no line. */
int handover_write(const struct handover *h, struct buf *env,
		   struct belay_error *err);

#endif /* DISPATCH_HANDOVER_H */
