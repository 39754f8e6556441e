/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - libslurm, and all that differs between its versions
 *
 * 26.05 takes slurm_step_id_t where earlier ones take a job id; what is
 * defined below keeps the ids.  A program must be built for the libslurm that
 * it runs with: struct job_info changes with every release, and so does the
 * library's SONAME.
 */
#ifndef SLURM_VERSION_H
#define SLURM_VERSION_H

#define SLURM_BACKWARD_COMPAT 1

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#define SLURM_SINCE(major, minor) \
	(SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(major, minor, 0))

/* The node whose failure ended the job; while it completes, then forgotten. */
static inline const char *version_failed_node(const slurm_job_info_t *j)
{
#if SLURM_SINCE(23, 2)
	return j->failed_node;
#else
	(void)j;
	return NULL;
#endif
}

/* In the library but not in its header, so perhaps not for ever. */
extern void slurm_free_stats_response_msg(stats_info_response_msg_t *msg)
	__attribute__((weak));

static inline void version_free_stats(stats_info_response_msg_t *stats)
{
	if (slurm_free_stats_response_msg)
		slurm_free_stats_response_msg(stats);
}

#endif /* SLURM_VERSION_H */
