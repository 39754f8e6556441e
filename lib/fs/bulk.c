/* SPDX-License-Identifier: Apache-2.0 */
/* bulk.c - files of many bytes, written once at any place */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/bulk.h"

#define OPEN_READ (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int fs_bulk_create(int dirfd, const char *name, struct belay_error *err)
{
	int fd = open_at(dirfd, name, O_WRONLY | O_CREAT | O_EXCL |
			 O_NOFOLLOW | O_CLOEXEC | fs_stay_killable(dirfd),
			 0600);

	if (fd >= 0)
		return fd;
	err_sys(err, "cannot create '%s'", name);
	if (err && errno == EEXIST)
		err->code = BELAY_EBUSY;
	return -1;
}

int fs_bulk_open(int dirfd, const char *name, uint64_t *size,
		 struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, name, OPEN_READ |
				      fs_stay_killable(dirfd), 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot read '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, BELAY_EFAILED, "not a regular file: '%s'",
			       name);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return err_set(err, BELAY_EFAILED,
			       "not yours, or others can write it: '%s'", name);
	*size = (uint64_t)st.st_size;
	return take_fd(&fd);
}

int fs_bulk_open_direct(int dirfd, const char *name)
{
	return open_at(dirfd, name, OPEN_READ | O_DIRECT, 0);
}

/* What is left of the pieces after n bytes of them. */
static void skip(struct iovec **iov, int *pieces, size_t n)
{
	while (*pieces && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		(*pieces)--;
	}
	if (*pieces) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

static ssize_t write_some(int fd, const struct iovec *iov, int n, uint64_t at)
{
	ssize_t done = TEMP_FAILURE_RETRY(pwritev(fd, iov, n, (off_t)at));

	if (done == 0)
		errno = ENOSPC;
	return done > 0 ? done : -1;
}

int fs_bulk_write(int fd, struct iovec *iov, int n, uint64_t offset,
		  const char *name, struct belay_error *err)
{
	ssize_t done = 0;

	for (skip(&iov, &n, 0); n; skip(&iov, &n, (size_t)done)) {
		done = write_some(fd, iov, n, offset);
		if (done < 0)
			return err_sys(err, "cannot write '%s'", name);
		offset += (uint64_t)done;
	}
	return 0;
}

void fs_bulk_soon(int fd, uint64_t offset, uint64_t len)
{
	sync_file_range(fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

int fs_bulk_settle(int fd, uint64_t offset, uint64_t len, const char *name,
		   struct belay_error *err)
{
	int rc = sync_file_range(fd, (off_t)offset, (off_t)len,
				 SYNC_FILE_RANGE_WAIT_BEFORE);

	if (rc < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		return err_sys(err, "cannot write '%s'", name);
	return 0;
}

int fs_bulk_read(int fd, void *data, size_t len, uint64_t offset,
		 const char *name, struct belay_error *err)
{
	char *p = data;
	ssize_t n;

	while (len) {
		n = pread(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read '%s'", name);
		if (n == 0)
			return err_set(err, BELAY_ECORRUPT,
				       "too short: '%s'", name);
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
