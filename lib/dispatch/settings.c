/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - what begin.json tells those who record of the policy
 *
 * Of how often the run fails its own history says most, but at first there is
 * none.  So the failure rate has a Gamma prior of one failure: a node's, once in
 * 45 days, which is what a large fleet of accelerator nodes has seen (MTTF of 8
 * accelerators 47.7 days, of 1024 on 128 nodes 7.9 hours: Kokolis et al.,
 * "Revisiting Reliability in Large-Scale Machine Learning Research Clusters",
 * HPCA 2025).  With k failures in T seconds of the run on N nodes the mean time
 * between failures is
 *
 *	(45 d / N + T) / (1 + k)
 */

#include "cause/cause.h"
#include "dispatch/settings.h"

#define NODE_MTBF_S (45 * 86400.0)

/* What takes work away that no checkpoint holds.  What a person does, or belay
 * announces, is no failure. */
static bool loses_work(const char *cause)
{
	static const uint32_t failures =
		1u << CAUSE_NODE_FAIL | 1u << CAUSE_PREEMPTED |
		1u << CAUSE_TIMEOUT | 1u << CAUSE_OUT_OF_MEMORY |
		1u << CAUSE_FAILED | 1u << CAUSE_SIGNALED |
		1u << CAUSE_STALLED | 1u << CAUSE_VANISHED;

	return failures & 1u << cause_of_word(cause);
}

static size_t count_nodes(const char *nodes)
{
	_auto_hosts_ struct hosts h = { 0 };

	if (hosts_parse(&h, nodes, NULL) < 0 || !h.n)
		return 1;
	return h.n;
}

static double mtbf(const struct run *r, const char *nodes)
{
	double seconds = NODE_MTBF_S / (double)count_nodes(nodes);
	unsigned failures = 1;

	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		if (!a->begin || !a->end)
			continue;
		if (a->end->end_us > a->begin->begin_us)
			seconds += (double)(a->end->end_us -
					    a->begin->begin_us) / 1e6;
		failures += loses_work(a->end->cause);
	}
	return seconds / failures;
}

void settings_of_policy(const struct policy *p, const struct run *r,
			const char *nodes, struct settings *out)
{
	static const enum on_full on_full[] = {
		[FULL_PRUNE] = ON_FULL_PRUNE, [FULL_PAUSE] = ON_FULL_PAUSE,
		[FULL_CONTINUE] = ON_FULL_CONTINUE,
	};
	const struct policy_checkpoint *c = &p->checkpoint;

	*out = (struct settings){
		.interval_s = c->interval.s,
		.interval_chunks = (uint64_t)c->interval.chunks,
		.mtbf_s = mtbf(r, nodes),
		.keep = (unsigned)c->keep,
		.keep_every_s = c->keep_every_s,
		.compress = c->compress,
		.verify = c->verify,
		.on_full = on_full[c->on_full],
		.chunk_attempts = (unsigned)p->chunk_attempts,
		.chunk_timeout_s = p->chunk_timeout_s,
	};
}
