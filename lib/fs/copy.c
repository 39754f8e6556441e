/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - bytes from one open file into another, and safely to the disk */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/tree.h"

#define STEP (4u << 20)
#define AT_ONCE (16u << 20)

void fs_write_soon(int fd)
{
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int fs_append(int fd, const void *data, size_t len, const char *name,
	      struct belay_error *err)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			return err_sys(err, "cannot write '%s'", name);
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_finish(int *fd, const char *name, struct belay_error *err)
{
	if (fs_sync(*fd, name, err) < 0)
		return -1;
	if (close_written(take_fd(fd)) < 0)
		return err_sys(err, "cannot write '%s'", name);
	return 0;
}

/* Byte by byte from where both stand. */
static int copy_rest(int from, int to, const char *name,
		     struct belay_error *err)
{
	_auto_free_ char *room = malloc(STEP);
	ssize_t n;

	if (!room)
		return err_nomem(err);
	while ((n = read(from, room, STEP)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read '%s'", name);
		if (fs_append(to, room, (size_t)n, name, err) < 0)
			return -1;
	}
	return 0;
}

/* The kernel shares blocks or copies without us where it can; where it cannot
 * it says so in many ways, and the rest is copied by hand. */
int fs_copy(int from, int to, const char *name, struct belay_error *err)
{
	ssize_t n;

	do {
		n = copy_file_range(from, NULL, to, NULL, AT_ONCE, 0);
		if (n > 0)
			fs_write_soon(to);	/* the disk need not wait */
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return err_sys(err, "cannot write '%s'", name);
	return copy_rest(from, to, name, err);
}
