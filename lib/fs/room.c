/* SPDX-License-Identifier: Apache-2.0 */
/* room.c - links between directories, and is there room */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "fs/fs.h"

/* Some file systems make something else of a link, a symbolic one say. */
static bool is_same_file(int from, const char *name, int to, const char *as)
{
	struct stat a, b;

	return fstatat(from, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(to, as, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(a.st_mode) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int fs_link(int from, const char *name, int to, const char *as,
	    struct belay_error *err)
{
	if (linkat(from, name, to, as, 0) < 0)
		return err_sys(err, "cannot link '%s'", name);
	if (is_same_file(from, name, to, as))
		return 0;
	unlinkat(to, as, 0);
	return err_set(err, BELAY_EFAILED, "a link to '%s' is no hard link "
		       "here", name);
}

/* What a quota allows is told only to who takes it. */
static int take_and_give_back(int dirfd, uint64_t bytes,
			      struct belay_error *err)
{
	_auto_close_ int fd = open_at(dirfd, ".", O_WRONLY | O_TMPFILE |
				      O_CLOEXEC, 0600);

	if (fd < 0 || !bytes || fallocate(fd, 0, 0, (off_t)bytes) == 0 ||
	    (errno != ENOSPC && errno != EDQUOT))
		return 0;
	return err_sys(err, "no room for %llu MiB",
		       (unsigned long long)(bytes >> 20));
}

int fs_check_room(int dirfd, uint64_t all, uint64_t own,
		  struct belay_error *err)
{
	struct statvfs v;

	if (fstatvfs(dirfd, &v) < 0)
		return err_sys(err, "cannot ask for room");
	if ((double)v.f_bavail * (double)v.f_frsize < (double)all) {
		errno = ENOSPC;
		return err_sys(err, "no room for %llu MiB",
			       (unsigned long long)(all >> 20));
	}
	return take_and_give_back(dirfd, own, err);
}
