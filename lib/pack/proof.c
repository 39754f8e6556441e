/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.c - read what was written, from where it was written to
 *
 * What a file system gives back right after a write comes from memory and proves
 * nothing.  Past the cache it comes from storage; where that is not to be had,
 * the kernel is told to forget what it holds, which it does with pages that
 * are durable.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fs/bulk.h"
#include "pack/writer.h"

static int verify_by(struct pack_writer *w, int fd, bool direct,
		     struct belay_error *err)
{
	struct source s = { .name = w->name, .ix = w->ix, .direct = direct };

	memset(s.fd, -1, sizeof(s.fd));
	s.fd[0] = fd;
	if (source_verify(&s, w->opt.threads, true, err) < 0)
		return err_prefix(err, "reading back");
	return 0;
}

int writer_verify(struct pack_writer *w, enum pack_proof *proof,
		  struct belay_error *err)
{
	_auto_close_ int fd = fs_bulk_open_direct(w->dirfd, w->name);
	struct belay_error why;
	uint64_t size;

	*proof = PACK_DIRECT;
	if (fd >= 0 && verify_by(w, fd, true, &why) == 0)
		return 0;
	if (fd >= 0 && why.sys != EINVAL) {	/* accepted at open only */
		if (err)
			*err = why;
		return -1;
	}
	base_closep(&fd);
	*proof = PACK_DROPPED;
	fd = fs_bulk_open(w->dirfd, w->name, &size, err);
	if (fd < 0)
		return -1;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return verify_by(w, fd, false, err);
}
