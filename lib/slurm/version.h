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

#include <errno.h>

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

/* What a call that failed left; 24.11 has no name for it but errno, which it
 * is in all of them. */
static inline int version_errno(void)
{
	return errno;
}

/*
 * Errors of a connection that not all versions name.  By number, for they are
 * in an enum, where the preprocessor cannot look; a number means the same in
 * every version that has it.
 */
enum {
	VERSION_REJECTED = 1019,		/* 26.05 */
	VERSION_QUIESCE_TIMEOUT,
	VERSION_CONNECT_TIMEOUT,
	VERSION_WRITE_TIMEOUT,
	VERSION_READ_TIMEOUT,
	VERSION_BACKOFF = 1804,			/* 24.11 */
	VERSION_HARD_DROP,
	VERSION_ZERO_RECV_LENGTH = 5000,	/* 22.05, not in 24.11 */
	VERSION_NEGATIVE_RECV_LENGTH,
	VERSION_NOT_ALL_DATA_SENT,
};

/* In the library but not in its header, so perhaps not for ever. */
extern void slurm_free_stats_response_msg(stats_info_response_msg_t *msg)
	__attribute__((weak));

static inline void version_free_stats(stats_info_response_msg_t *stats)
{
	if (slurm_free_stats_response_msg)
		slurm_free_stats_response_msg(stats);
}

/* The first to 25.x, the second from then on: neither is in every header. */
extern void slurm_free_ctl_conf(slurm_conf_t *conf) __attribute__((weak));
extern void slurm_free_conf(slurm_conf_t *conf) __attribute__((weak));

static inline void version_free_conf(slurm_conf_t *conf)
{
	if (slurm_free_conf)
		slurm_free_conf(conf);
	else if (slurm_free_ctl_conf)
		slurm_free_ctl_conf(conf);
}

#endif /* SLURM_VERSION_H */
