/* SPDX-License-Identifier: Apache-2.0 */
/* here.c - this node: its name and its processors */

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/map/here.h"

void here_name(char out[256])
{
	const char *name = getenv("SLURMD_NODENAME");

	if (name && *name && text_format(out, 256, "%s", name) == 0)
		return;
	if (gethostname(out, 255) < 0)
		strcpy(out, "localhost");
	out[255] = '\0';
}

unsigned here_cpus(void)
{
	const char *told = getenv("SLURM_CPUS_ON_NODE");
	uint64_t n;
	cpu_set_t set;

	if (told && text_u64(told, 65536, &n) == 0 && n)
		return (unsigned)n;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}
