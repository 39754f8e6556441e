/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extend.c - bytes behind those that a file of one writer has
 *
 * Nothing is held open in between, as on a network file system an open file
 * keeps its process from dying.  What failed is not tried again here: nobody
 * knows what the disk holds then.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/bulk.h"
#include "fs/fs.h"

static int open_ours(int dirfd, const char *name, int flags,
		     struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, name, flags | O_NOFOLLOW |
				      O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot open '%s'", name);
	/* who writes must be the only one; a copy made by links can be read */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (flags & O_WRONLY && st.st_nlink != 1))
		return err_set(err, BELAY_EFAILED, "not a file of ours: '%s'",
			       name);
	return take_fd(&fd);
}

static int write_all(int fd, uint64_t offset, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, data, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return -1;
		}
		data += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_extend(int dirfd, const char *name, uint64_t offset, const void *data,
	      size_t len, struct belay_error *err)
{
	int flags = O_WRONLY | fs_stay_killable(dirfd);
	_auto_close_ int fd = -1;

	if (!offset)
		flags |= O_CREAT | O_EXCL;
	fd = open_ours(dirfd, name, flags, err);
	if (fd < 0)
		return -1;
	if (write_all(fd, offset, data, len) < 0 || fdatasync(fd) < 0 ||
	    close_written(take_fd(&fd)) < 0)	/* NFS tells late errors here */
		return err_sys(err, "cannot write '%s'", name);
	return offset ? 0 : fs_sync(dirfd, name, err);
}

int fs_read_at(int dirfd, const char *name, uint64_t offset, void *data,
	       size_t len, struct belay_error *err)
{
	_auto_close_ int fd = open_ours(dirfd, name, O_RDONLY | O_NOCTTY, err);

	if (fd < 0)
		return -1;
	return fs_bulk_read(fd, data, len, offset, name, err);
}
