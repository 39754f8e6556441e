/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.c - node names as small numbers, for there are many chunks on few */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "chunk/nodes.h"

/* The slot that has the name, or the free one where it belongs. */
static uint16_t *slot_of(const struct chunk_nodes *nodes, const char *name)
{
	size_t at = check64(name, strlen(name), 0);

	for (;; at++) {
		uint16_t *slot = &nodes->slot[at & (nodes->n_slots - 1)];

		if (!*slot || !strcmp(nodes->name[*slot - 1], name))
			return slot;
	}
}

/* Twice the slots, and room for as many names as half of them. */
static int grow(struct chunk_nodes *nodes)
{
	size_t n_slots = nodes->n_slots ? 2 * nodes->n_slots : 64;
	uint16_t *slot = calloc(n_slots, sizeof(*slot));
	char **name = realloc(nodes->name, n_slots / 2 * sizeof(*name));

	if (name)
		nodes->name = name;
	if (!slot || !name) {
		free(slot);
		return -1;
	}
	free(nodes->slot);
	nodes->slot = slot;
	nodes->n_slots = n_slots;
	for (size_t i = 0; i < nodes->n; i++)
		*slot_of(nodes, nodes->name[i]) = (uint16_t)(i + 1);
	return 0;
}

uint16_t chunk_node_number(struct chunk_nodes *nodes, const char *name)
{
	uint16_t *slot;

	if (!*name)
		return 0;
	if (nodes->n_slots) {
		slot = slot_of(nodes, name);
		if (*slot)
			return *slot;
	}
	if (nodes->n == UINT16_MAX ||
	    (nodes->n == nodes->n_slots / 2 && grow(nodes) < 0))
		return 0;
	nodes->name[nodes->n] = strdup(name);
	if (!nodes->name[nodes->n])
		return 0;
	return *slot_of(nodes, name) = (uint16_t)++nodes->n;
}

const char *chunk_node_name(const struct chunk_nodes *nodes, uint16_t number)
{
	return number ? nodes->name[number - 1] : "";
}

void chunk_nodes_free(struct chunk_nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++)
		free(nodes->name[i]);
	free(nodes->name);
	free(nodes->slot);
	*nodes = (struct chunk_nodes){ 0 };
}
