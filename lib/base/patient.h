/* SPDX-License-Identifier: Apache-2.0 */
/* patient.h - calls that go on when a signal interrupts them */
#ifndef BASE_PATIENT_H
#define BASE_PATIENT_H

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

/* openat(2).  On network file systems and FUSE any open may be slow. */
static inline int open_at(int dirfd, const char *name, int flags, mode_t mode)
{
	return TEMP_FAILURE_RETRY(openat(dirfd, name, flags, mode));
}

/* close(2) of a file that was written.  Interrupted, it has closed all the
 * same, and may not be repeated. */
static inline int close_written(int fd)
{
	return close(fd) < 0 && errno != EINTR ? -1 : 0;
}

#endif /* BASE_PATIENT_H */
