/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.c - make a name appear whole, durable and only once
 *
 * Four steps, and their order is the point:
 *
 *	write and sync	under a name that no reader looks at
 *	link		the name: fails if it stands, so the first one wins
 *	unlink		the temporary name
 *	sync		the directory, or a crash can undo the link
 *
 * On NFS a request is repeated when its reply was lost, and what has been done
 * then looks as if it had failed.  So who is refused looks again: a file that
 * was linked has two names, a directory that was renamed is there.  That look
 * asks the server, for what the client remembers is from before.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "base/text.h"
#include "fs/fs.h"

/* fsync(2): "does not support synchronization".  Directories of autofs and the
 * like; what is mounted there was not made by us. */
static bool can_be_synced(void)
{
	return errno != EINVAL && errno != EROFS;
}

int fs_sync(int fd, const char *name, struct belay_error *err)
{
	if (fsync(fd) < 0)
		return !can_be_synced() ? 0 :
			err_sys(err, "cannot make '%s' durable", name);
	return 0;
}

static int temporary_name(char out[64])
{
	uint8_t random[12];
	char hex[25];

	if (text_random(random, sizeof(random)) < 0)
		return -1;
	text_hex(random, sizeof(random), hex);
	return text_format(out, 64, ".tmp-%s", hex);
}

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_temporary(int dirfd, const char *tmp, const char *name,
			   const void *data, size_t len, bool durable,
			   struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL |
				      O_NOFOLLOW | O_CLOEXEC |
				      fs_stay_killable(dirfd), 0600);

	if (fd < 0)
		return err_sys(err, "cannot create '%s'", name);
	if (write_all(fd, data, len) < 0 || (durable && fdatasync(fd) < 0) ||
	    close_written(take_fd(&fd)) < 0)	/* NFS tells late errors here */
		return err_sys(err, "cannot write '%s'", name);
	return 0;
}

static int ask_server(int dirfd, const char *name, struct statx *stx)
{
	return statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
		     AT_STATX_FORCE_SYNC, STATX_NLINK | STATX_INO, stx);
}

/* Is the directory fd in dirfd under this name? */
static bool is_there(int fd, int dirfd, const char *name)
{
	struct statx ours, found;

	return ask_server(fd, "", &ours) == 0 &&
	       ask_server(dirfd, "", &found) == 0 &&	/* what is in it */
	       ask_server(dirfd, name, &found) == 0 &&
	       found.stx_ino == ours.stx_ino;
}

/* 1: linked by us, 0: the name stood, -1. */
static int link_once(int dirfd, const char *tmp, const char *name,
		     struct belay_error *err)
{
	struct statx stx;

	if (linkat(dirfd, tmp, dirfd, name, 0) == 0)
		return 1;
	if (errno != EEXIST)
		return err_sys(err, "cannot publish '%s'", name);
	return ask_server(dirfd, tmp, &stx) == 0 && stx.stx_nlink == 2;
}

static int put(int dirfd, const char *name, const void *data, size_t len,
	       bool durable, struct belay_error *err)
{
	char tmp[64];
	int rc;

	if (temporary_name(tmp) < 0)
		return err_sys(err, "cannot name '%s'", name);
	rc = write_temporary(dirfd, tmp, name, data, len, durable, err);
	if (rc == 0)
		rc = link_once(dirfd, tmp, name, err);
	unlinkat(dirfd, tmp, 0);
	return rc;
}

int fs_publish(int dirfd, const char *name, const void *data, size_t len,
	       struct belay_error *err)
{
	int rc = put(dirfd, name, data, len, true, err);

	if (rc >= 0 && fs_sync(dirfd, name, err) < 0)
		return -1;
	return rc;
}

int fs_publish_first(int dirfd, const char *name, const void *data, size_t len,
		     struct belay_error *err)
{
	return put(dirfd, name, data, len, true, err);
}

int fs_publish_copy(int dirfd, const char *name, const void *data, size_t len,
		    struct belay_error *err)
{
	return put(dirfd, name, data, len, false, err);
}

int fs_claim(int dirfd, const char *name, struct belay_error *err)
{
	if (mkdirat(dirfd, name, 0700) < 0) {
		if (errno == EEXIST)
			return 0;
		return err_sys(err, "cannot claim '%s'", name);
	}
	return fs_sync(dirfd, name, err) < 0 ? -1 : 1;
}

int fs_publish_dir(int from_dirfd, const char *from, int dirfd,
		   const char *name, struct belay_error *err)
{
	_auto_close_ int fd = fs_subdir_open(from_dirfd, from, err);

	if (fd < 0)
		return -1;
	if (renameat(from_dirfd, from, dirfd, name) < 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return 0;
		err_sys(err, "cannot publish '%s'", name);
		if (errno != ENOENT || !is_there(fd, dirfd, name))
			return -1;
	}
	if (fs_sync(dirfd, name, err) < 0)
		return -1;
	return from_dirfd == dirfd || fs_sync(from_dirfd, from, err) == 0 ? 1 : -1;
}
