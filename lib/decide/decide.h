/* SPDX-License-Identifier: Apache-2.0 */
/* decide.h - cause + history + policy → one action; pure */
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include "base/error.h"
#include "base/hostlist.h"
#include "cause/cause.h"
#include "policy/policy.h"

/* An attempt that ended and was decided about, oldest first. */
struct past {
	unsigned attempt;
	int64_t begin_us, end_us;
	enum cause cause;
	int exit_code;
	char rule[128];
	bool counts;
	bool progress;		/* a chunk, checkpoint or beat was recorded */
};

struct left_out {		/* a node, and until when */
	char node[256];
	int64_t until_us;
};

/* Everything the decision may depend on. */
struct question {
	const struct policy *policy;
	const struct past *past;	/* earlier ones, since a resume */
	unsigned n_past;
	unsigned resumed;		/* after this attempt; 0: never */
	unsigned lost;			/* starts before them, records gone */
	struct past now;		/* what ended; rule, counts unset */
	const struct verdict *verdict;
	const struct left_out *left_out;	/* by earlier decisions */
	unsigned n_left_out;
	bool ever_progress;		/* arms without_progress */
	bool may_requeue;		/* Slurm would requeue this job */
	bool checkpoint_good, checkpoint_any;	/* one good; one at all */
	int64_t now_us;
};

struct decision {
	enum action action;
	char rule[128];		/* its name, or that of a limit */
	char reason[256];	/* one line: why this, in words */
	bool counts;
	bool slurm_delay;
	int64_t delay_s;	/* backoff */
	int attempts_left;	/* -1: unbounded */
	struct left_out *left_out;	/* unexpired, new ones included */
	unsigned n_left_out;
};

/* 0, or -1 when memory is out.  Same question, same answer. */
int decide(const struct question *q, struct decision *d,
	   struct belay_error *err);
void decision_fini(struct decision *d);

#endif /* DECIDE_DECIDE_H */
