/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk.h - files of many bytes, written once at any place by several threads
 *
 * Nothing is durable before fs_sync(); a failed one loses the file for good.
 * On NFS all goes past the cache, so that whoever waits can be killed.
 */
#ifndef FS_BULK_H
#define FS_BULK_H

#include <sys/uio.h>

#include "fs/fs.h"

/* A new file for writing.  BELAY_EBUSY: the name is taken. */
int fs_bulk_create(int dirfd, const char *name, struct belay_error *err);
/* A file of ours for reading, its size out.  BELAY_ENOENT: there is none. */
int fs_bulk_open(int dirfd, const char *name, uint64_t *size,
		 struct belay_error *err);
/* The same past the cache; -1 and errno EINVAL where that is not to be had. */
int fs_bulk_open_direct(int dirfd, const char *name);

/* All of the n pieces, one behind the other, at offset; changes iov. */
int fs_bulk_write(int fd, struct iovec *iov, int n, uint64_t offset,
		  const char *name, struct belay_error *err);
/* Ask the kernel to begin writing what is dirty there: a hint. */
void fs_bulk_soon(int fd, uint64_t offset, uint64_t len);
/* Wait for what it has begun there.  An error is as bad as a failed sync, which
 * might not tell it again.  0 where that cannot be waited for. */
int fs_bulk_settle(int fd, uint64_t offset, uint64_t len, const char *name,
		   struct belay_error *err);

/* All of len bytes.  BELAY_ECORRUPT: the file ends before. */
int fs_bulk_read(int fd, void *data, size_t len, uint64_t offset,
		 const char *name, struct belay_error *err);

#endif /* FS_BULK_H */
