/* SPDX-License-Identifier: Apache-2.0 */
/* fail.c - Slurm's errors in the three kinds that a caller can tell apart */

#include <errno.h>
#include <string.h>

#include "slurm/calls.h"
#include "slurm/version.h"

enum { AWAY = EAGAIN, THERE = EALREADY };

static const struct {
	int code, sys;
} kinds[] = {
	/* The controller cannot be reached, or is not in charge yet. */
	{ SLURM_COMMUNICATIONS_CONNECTION_ERROR, AWAY },
	{ SLURM_COMMUNICATIONS_SEND_ERROR, AWAY },
	{ SLURM_COMMUNICATIONS_RECEIVE_ERROR, AWAY },
	{ SLURM_COMMUNICATIONS_SHUTDOWN_ERROR, AWAY },
	{ SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR, AWAY },
	{ SLURMCTLD_COMMUNICATIONS_SEND_ERROR, AWAY },
	{ SLURMCTLD_COMMUNICATIONS_RECEIVE_ERROR, AWAY },
	{ SLURMCTLD_COMMUNICATIONS_SHUTDOWN_ERROR, AWAY },
	{ VERSION_REJECTED, AWAY },
	{ VERSION_QUIESCE_TIMEOUT, AWAY },
	{ VERSION_CONNECT_TIMEOUT, AWAY },
	{ VERSION_WRITE_TIMEOUT, AWAY },
	{ VERSION_READ_TIMEOUT, AWAY },
	{ VERSION_BACKOFF, AWAY },
	{ VERSION_HARD_DROP, AWAY },
	{ VERSION_ZERO_RECV_LENGTH, AWAY },
	{ VERSION_NEGATIVE_RECV_LENGTH, AWAY },
	{ VERSION_NOT_ALL_DATA_SENT, AWAY },
	{ SLURM_PROTOCOL_SOCKET_IMPL_TIMEOUT, AWAY },
	{ SLURM_PROTOCOL_SOCKET_ZERO_BYTES_SENT, AWAY },
	{ ESLURM_IN_STANDBY_MODE, AWAY },
	{ ESLURM_IN_STANDBY_USE_BACKUP, AWAY },
	{ ECONNREFUSED, AWAY }, { ECONNRESET, AWAY }, { EPIPE, AWAY },
	{ ETIMEDOUT, AWAY }, { EHOSTUNREACH, AWAY }, { ENETUNREACH, AWAY },
	{ EAGAIN, AWAY },
	/* The job is where it was to be brought, or beyond. */
	{ ESLURM_JOB_PENDING, THERE },
	{ ESLURM_JOB_NOT_PENDING, THERE },
	{ ESLURM_JOB_FINISHED, THERE },
	{ ESLURM_ALREADY_DONE, THERE },
};

static int kind_of(int code)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].code == code)
			return kinds[i].sys;
	return 0;
}

int slurm_fail(struct belay_error *err, int code, const char *what,
	       const char *subject)
{
	if (!code)
		code = version_errno();
	err_set(err, code == ESLURM_INVALID_JOB_ID ? BELAY_ENOENT
						   : BELAY_EFAILED,
		"cannot %s '%s': %s", what, subject, slurm_strerror(code));
	if (err)
		err->sys = kind_of(code);
	return -1;
}
