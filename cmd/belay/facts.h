/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what a run's records say now, gathered once for those who print it */
#ifndef CMD_BELAY_FACTS_H
#define CMD_BELAY_FACTS_H

#include "checkpoint/checkpoint.h"
#include "chunk/state.h"
#include "run/state.h"

struct facts {
	struct run *run;		/* borrowed */
	enum run_state state;
	struct checkpoint_list checkpoints;
	uint64_t bytes;			/* of all checkpoints */
	struct chunk_state *chunks;
	uint64_t n[5], total;		/* chunks of all sets, by status */
	uint64_t late;			/* records beyond a cut */
};

int facts_load(struct run *r, struct facts *f, struct belay_error *err);
void facts_fini(struct facts *f);

/* First done records of chunks in attempt n. */
uint64_t facts_chunks_done(const struct facts *f, unsigned n);
/* What started the run last, or 0. */
int64_t facts_begun_us(const struct facts *f);

#define _auto_facts_ __attribute__((cleanup(facts_fini)))

#endif /* CMD_BELAY_FACTS_H */
