/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.h - node names as small numbers, for there are many chunks on few */
#ifndef CHUNK_NODES_H
#define CHUNK_NODES_H

#include <stddef.h>
#include <stdint.h>

struct chunk_nodes {		/* start from { 0 } */
	char **name;		/* [number - 1] */
	uint16_t *slot;		/* hashed: numbers, 0 for a free one */
	size_t n, n_slots;
};

/* The number of a name, from 1; 0: no name, or no room for it. */
uint16_t chunk_node_number(struct chunk_nodes *nodes, const char *name);
const char *chunk_node_name(const struct chunk_nodes *nodes, uint16_t number);
void chunk_nodes_free(struct chunk_nodes *nodes);

#endif /* CHUNK_NODES_H */
