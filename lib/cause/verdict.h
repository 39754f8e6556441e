/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - how the rows of the table fill a verdict */
#ifndef CAUSE_VERDICT_H
#define CAUSE_VERDICT_H

#include "cause/cause.h"

/* Add a line of evidence; beyond the last line that fits it is dropped. */
int verdict_say(struct verdict *v, struct belay_error *err, const char *fmt,
		...) __attribute__((format(printf, 3, 4)));

/* What is known, in words: each says nothing when it is not known. */
typedef int verdict_tell(const struct evidence *e, struct verdict *v,
			 struct belay_error *err);
verdict_tell tell_state, tell_preempted, tell_requeued, tell_oom, tell_status,
	tell_failed_node, tell_nodes, tell_restarts, tell_no_end,
	tell_never_began;

#endif /* CAUSE_VERDICT_H */
