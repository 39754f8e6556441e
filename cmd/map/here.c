/* SPDX-License-Identifier: Apache-2.0 */
/* here.c - the processors of this node */

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/map/here.h"

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
