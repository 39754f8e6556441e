/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.c - how nodes are, as evidence */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "slurm/calls.h"
#include "slurm/version.h"

static const char *const bases[] = {
	[NODE_STATE_UNKNOWN] = "UNKNOWN",
	[NODE_STATE_DOWN] = "DOWN",
	[NODE_STATE_IDLE] = "IDLE",
	[NODE_STATE_ALLOCATED] = "ALLOCATED",
	[NODE_STATE_ERROR] = "ERROR",
	[NODE_STATE_MIXED] = "MIXED",
	[NODE_STATE_FUTURE] = "FUTURE",
};

static const struct {
	uint32_t bit;
	const char *word;
} flags[] = {
	{ NODE_STATE_DRAIN, "+DRAIN" },
	{ NODE_STATE_FAIL, "+FAIL" },
	{ NODE_STATE_POWERED_DOWN, "+POWERED_DOWN" },
	{ NODE_STATE_POWERING_DOWN, "+POWERING_DOWN" },
	{ NODE_STATE_REBOOT_ISSUED, "+REBOOT_ISSUED" },
	{ NODE_STATE_NO_RESPOND, "+NOT_RESPONDING" },
};

static void say_state(uint32_t state, char *out, size_t size)
{
	uint32_t base = state & NODE_STATE_BASE;
	size_t len;

	if (base >= sizeof(bases) / sizeof(bases[0]))
		base = NODE_STATE_UNKNOWN;
	text_format(out, size, "%s", bases[base]);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		len = strlen(out);
		if (state & flags[i].bit)
			text_format(out + len, size - len, "%s",
				    flags[i].word);
	}
}

static bool is_down(uint32_t state)
{
	return (state & NODE_STATE_BASE) == NODE_STATE_DOWN ||
	       (state & NODE_STATE_NO_RESPOND);
}

static bool is_drained(uint32_t state)
{
	return state & (NODE_STATE_DRAIN | NODE_STATE_FAIL);
}

static bool may_serve(uint32_t state)
{
	return !is_down(state) && !is_drained(state) &&
	       (state & NODE_STATE_BASE) != NODE_STATE_FUTURE;
}

static void view(const node_info_t *from, int64_t since_s,
		 struct node_evidence *e)
{
	if (text_format(e->name, sizeof(e->name), "%s", from->name) < 0)
		e->name[0] = '\0';
	e->down = is_down(from->node_state);
	e->drained = is_drained(from->node_state);
	e->rebooted = since_s && from->boot_time > since_s;
	say_state(from->node_state, e->state, sizeof(e->state));
}

/* In the order of wanted; a node that Slurm has forgotten is left out. */
static unsigned pick(const node_info_msg_t *msg, const struct hosts *wanted,
		     int64_t since_s, struct node_evidence *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < wanted->n; i++) {
		const node_info_t *node = msg->node_array;
		const node_info_t *end = node + msg->record_count;

		while (node < end &&
		       (!node->name || strcmp(node->name, wanted->name[i])))
			node++;
		if (node < end)
			view(node, since_s, &out[n++]);
	}
	return n;
}

static int count_serving(const node_info_msg_t *msg)
{
	int n = 0;

	for (uint32_t i = 0; i < msg->record_count; i++)
		if (msg->node_array[i].name)
			n += may_serve(msg->node_array[i].node_state);
	return n;
}

/* All nodes in one answer: the cluster's size is wanted too. */
int nodes_load(void *state, const char *nodes, int64_t since_s,
	       struct node_evidence **out, unsigned *n,
	       struct belay_error *err)
{
	_auto_hosts_ struct hosts wanted = { 0 };
	struct slurm_state *s = state;
	struct node_evidence *found;
	node_info_msg_t *msg = NULL;

	if (hosts_parse(&wanted, nodes, err) < 0)
		return -1;
	found = calloc(wanted.n + 1, sizeof(*found));
	if (!found)
		return err_nomem(err);
	slurm_start(s);
	if (slurm_load_node(0, &msg, SHOW_ALL | SHOW_LOCAL)) {
		free(found);
		return slurm_fail(err, 0, "look up nodes", nodes);
	}
	*n = pick(msg, &wanted, since_s, found);
	*out = found;
	s->cluster_nodes = count_serving(msg);
	slurm_free_node_info_msg(msg);
	return 0;
}

int nodes_of_cluster(void *state)
{
	const struct slurm_state *s = state;

	return s->cluster_nodes;
}
