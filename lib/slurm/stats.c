/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - how often the scheduler has looked at the queue (sdiag(1)) */

#include "slurm/calls.h"
#include "slurm/version.h"

int64_t stats_passes(void *state)
{
	stats_info_request_msg_t ask = { .command_id = STAT_COMMAND_GET };
	stats_info_response_msg_t *stats = NULL;
	int64_t passes;

	slurm_start(state);
	if (slurm_get_statistics(&stats, &ask) || !stats)
		return -1;
	passes = stats->schedule_cycle_counter;
	version_free_stats(stats);
	return passes;
}
