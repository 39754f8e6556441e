/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - on which address and ports to listen for workers */
#ifndef CMD_MAP_ADDRESS_H
#define CMD_MAP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_SIZE 64

/* The local address that faces the other nodes (hostlist); "*" when their
 * names say nothing. */
void address_facing(const char *nodes, char out[ADDRESS_SIZE]);

/*
 * The ports that Slurm leaves open to programs like srun: $BELAY_PORT_RANGE,
 * else SrunPortRange of slurm.conf where that can be read, else zeros.
 */
void address_ports(uint16_t ports[2]);
/* "60001-63000" */
bool address_parse_ports(const char *text, uint16_t ports[2]);

#endif /* CMD_MAP_ADDRESS_H */
