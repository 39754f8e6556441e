/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c - files of one writer, written in aligned durable blocks
 *
 * O_DIRECT keeps a process killable when the file system hangs, and O_DSYNC
 * makes the accounting exact on a full one: what write(2) returned is there.
 * A preallocated block is written over zeros, so that a sync moves no metadata;
 * no block is written twice, so a torn write cannot hurt an older record.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/fs.h"

#define ZEROS (256u << 10)

static int open_durable(int dirfd, const char *name, int flags)
{
	const int common = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_DSYNC;
	int fd = open_at(dirfd, name, common | flags | O_DIRECT, 0600);
	struct stat st;

	if (fd >= 0 || errno != EINVAL)
		return fd;
	/* Some file systems refuse O_DIRECT at open, when an exclusive name
	 * has been made already: ours if it is still empty. */
	fd = open_at(dirfd, name, common | (flags & ~O_EXCL), 0600);
	if (fd >= 0 && flags & O_EXCL && (fstat(fd, &st) < 0 || st.st_size)) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	return fd;
}

int fs_segment_write(int fd, uint64_t offset, const void *data, size_t len,
		     struct belay_error *err)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = pwrite(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL && fcntl(fd, F_GETFL) & O_DIRECT) {
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT);
			continue;	/* accepted at open, not at write */
		}
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			return err_sys(err, "cannot write a journal");
		}
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
		if (len && n % (ssize_t)FS_BLOCK)	/* short and unaligned */
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT);
	}
	return 0;
}

static int fill_zeros(int fd, size_t size, struct belay_error *err)
{
	_auto_free_ void *zeros = NULL;
	size_t n;

	if (posix_memalign(&zeros, FS_BLOCK, ZEROS) != 0)
		return err_nomem(err);
	memset(zeros, 0, ZEROS);
	for (size_t at = 0; at < size; at += n) {
		n = size - at < ZEROS ? size - at : ZEROS;
		if (fs_segment_write(fd, at, zeros, n, err) < 0)
			return -1;
	}
	return 0;
}

int fs_segment_create(int dirfd, const char *name, size_t size,
		      struct belay_error *err)
{
	_auto_close_ int fd = open_durable(dirfd, name, O_CREAT | O_EXCL);

	if (fd < 0) {
		err_sys(err, "cannot create '%s'", name);
		if (err && errno == EEXIST)
			err->code = BELAY_EBUSY;
		return -1;
	}
	/* each write to it is durable, so only its name is left */
	if (fill_zeros(fd, size, err) < 0 || fs_sync(dirfd, name, err) < 0) {
		unlinkat(dirfd, name, 0);	/* nobody has recorded in it */
		return -1;
	}
	return take_fd(&fd);
}

int fs_segment_open(int dirfd, const char *name, struct belay_error *err)
{
	_auto_close_ int fd = open_durable(dirfd, name, O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot open '%s'", name);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		return err_set(err, BELAY_EFAILED, "not a journal of ours: '%s'",
			       name);
	return take_fd(&fd);
}
