/* SPDX-License-Identifier: Apache-2.0 */
/* blame.h - nodes that the program itself did not trust */
#ifndef DISPATCH_BLAME_H
#define DISPATCH_BLAME_H

#include "cause/cause.h"
#include "run/run.h"

/* Of a failure these are suspects too; each with a line of evidence. */
int blame_reported(struct run *r, unsigned attempt, struct verdict *v,
		   struct belay_error *err);

#endif /* DISPATCH_BLAME_H */
