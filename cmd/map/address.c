/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c - on which address and ports to listen for workers
 *
 * SLURM_LAUNCH_NODE_IPADDR is of no use here: what started a batch script is
 * the controller.  Only in a worker it is this node.
 */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/own.h"
#include "base/cleanup.h"
#include "base/hostlist.h"
#include "cmd/map/address.h"

/* The address from which the kernel would send to that host; nothing is. */
static bool route_to(const char *host, char out[ADDRESS_SIZE])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct sockaddr_storage self;
	socklen_t size = sizeof(self);
	struct addrinfo *found;
	_auto_close_ int fd = -1;
	bool known = false;

	if (getaddrinfo(host, "9", &hints, &found) != 0)
		return false;
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
	    getsockname(fd, (struct sockaddr *)&self, &size) == 0)
		known = getnameinfo((struct sockaddr *)&self, size, out,
				    ADDRESS_SIZE, NULL, 0,
				    NI_NUMERICHOST) == 0;
	freeaddrinfo(found);
	return known && strncmp(out, "127.", 4) && strcmp(out, "::1");
}

void address_facing(const char *nodes, char out[ADDRESS_SIZE])
{
	_auto_hosts_ struct hosts hosts = { 0 };
	char self[256];

	own_node_name(self);
	if (hosts_parse(&hosts, nodes, NULL) == 0)
		for (size_t i = 0; i < hosts.n && i < 4; i++)
			if (strcmp(hosts.name[i], self) &&
			    route_to(hosts.name[i], out))
				return;
	strcpy(out, "*");
}

bool address_parse_ports(const char *text, uint16_t ports[2])
{
	unsigned first, last;
	char end;

	if (sscanf(text, "%u-%u%c", &first, &last, &end) != 2 || !first ||
	    first > last || last > 65535)
		return false;
	ports[0] = (uint16_t)first;
	ports[1] = (uint16_t)last;
	return true;
}

/* The value of a line "SrunPortRange = 60001-63000 # ...", or NULL. */
static char *port_range_of(char *line)
{
	static const char key[] = "SrunPortRange";

	line += strspn(line, " \t");
	if (strncasecmp(line, key, sizeof(key) - 1))
		return NULL;
	line += sizeof(key) - 1;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t");
	line[strcspn(line, " \t\r\n#")] = '\0';
	return line;
}

static void read_slurm_conf(uint16_t ports[2])
{
	const char *path = getenv("SLURM_CONF");
	FILE *f = fopen(path && *path ? path : "/etc/slurm/slurm.conf", "re");
	char line[1024], *value;

	while (f && fgets(line, sizeof(line), f)) {
		value = port_range_of(line);
		if (value && address_parse_ports(value, ports))
			break;
	}
	if (f)
		fclose(f);
}

void address_ports(uint16_t ports[2])
{
	const char *given = getenv("BELAY_PORT_RANGE");

	ports[0] = ports[1] = 0;
	if (!given || !address_parse_ports(given, ports))
		read_slurm_conf(ports);
}
