/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.c - where a map runs: the nodes of the allocation, or only here */

#include <stdlib.h>

#include "base/text.h"
#include "cmd/map/nodes.h"
#include "cmd/map/here.h"

unsigned nodes_sum(const char *text, bool *even)
{
	unsigned long first = 0, sum = 0, cpus, times;
	char *end;

	*even = true;
	for (; *text; text = *end == ',' ? end + 1 : end) {
		cpus = strtoul(text, &end, 10);
		times = 1;
		if (end != text && end[0] == '(' && end[1] == 'x') {
			times = strtoul(end + 2, &end, 10);
			if (*end++ != ')')
				return 0;
		}
		if (end == text || (*end && *end != ',') || !cpus || !times ||
		    cpus > 65536 || times > 131072)
			return 0;
		*even = *even && (!first || cpus == first);
		first = first ? first : cpus;
		sum += cpus * times;
	}
	return (unsigned)sum;
}

/* As many chunks at a time as there are CPUs, unless -j says. */
static void count_slots(struct nodes *nodes, unsigned slots)
{
	const char *text = getenv("SLURM_JOB_CPUS_PER_NODE");
	unsigned cpus = 0;

	nodes->even = true;
	if (nodes->n > 1 && text)
		cpus = nodes_sum(text, &nodes->even);
	nodes->cpus = nodes->even ? cpus / nodes->n : 0;
	nodes->slots = cpus ? cpus : here_cpus() * nodes->n;
	if (slots) {
		nodes->slots = slots * nodes->n;
		nodes->even = true;
	}
}

int nodes_look(struct nodes *nodes, unsigned slots, struct belay_error *err)
{
	const char *n = getenv("SLURM_JOB_NUM_NODES");
	const char *list = getenv("SLURM_JOB_NODELIST");
	uint64_t count = 1;

	if (!getenv("SLURM_JOB_ID"))
		n = list = NULL;
	if (n && (text_u64(n, 131072, &count) < 0 || !count))
		return err_set(err, BELAY_EINVAL, "SLURM_JOB_NUM_NODES is no "
			       "number: '%s'", n);
	*nodes = (struct nodes){
		.n = (unsigned)count, .list = list ? list : "",
	};
	count_slots(nodes, slots);
	return 0;
}
