/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - how a run stands: a pure function of its records */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "run/run.h"

enum run_state {
	RUN_PENDING,		/* no attempt began yet */
	RUN_RUNNING,
	RUN_WAITING,		/* ended, and it will be started again */
	RUN_COMPLETED,
	RUN_HELD,		/* a person has to look */
	RUN_FAILED,
	RUN_CANCELLED,
	RUN_UNKNOWN,		/* the records do not tell */
};

/* alive: what run_begin_alive() says of the newest attempt; only asked of runs
 * outside Slurm. */
enum run_state run_state_of(const struct run *r, int alive);
const char *run_state_word(enum run_state s);	/* "pending", ... */
/* Nothing more will happen unless a person does something. */
bool run_state_is_over(enum run_state s);

#endif /* RUN_STATE_H */
