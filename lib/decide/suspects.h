/* SPDX-License-Identifier: Apache-2.0 */
/* suspects.h - which nodes are left out, and until when */
#ifndef DECIDE_SUSPECTS_H
#define DECIDE_SUSPECTS_H

#include "decide/decide.h"

/* Those of earlier decisions that have not expired, then the suspects of this
 * end if the action leaves them out. */
int suspects_leave_out(const struct question *q, struct decision *d,
		       struct belay_error *err);

#endif /* DECIDE_SUSPECTS_H */
