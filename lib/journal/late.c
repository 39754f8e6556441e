/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late.c - how much an attempt recorded beyond its cut
 *
 * A snapshot cannot tell: a zombie writes after it was taken.  A writer leaves
 * no gaps, so of each segment the block at which the cut ends is enough to see
 * whether there is anything, and nearly always it is zero.
 */

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fs/tree.h"
#include "journal/files.h"

/* 1: nothing is there but zeros, or the end; 0: something; -1. */
static int is_zero_at(int fd, uint64_t at, const char *name,
		      struct belay_error *err)
{
	static const char zeros[FS_BLOCK];
	char bytes[FS_BLOCK];
	ssize_t n;

	do {
		n = pread(fd, bytes, sizeof(bytes), (off_t)at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "cannot read '%s'", name);
	return !memcmp(bytes, zeros, (size_t)n);
}

/* 1: there may be late records; 0: there are none; -1. */
static int may_be_late(struct run *r, unsigned n, const struct begin *cut,
		       struct belay_error *err)
{
	_auto_files_ struct journal_files files = { .dirfd = -1 };
	int rc = journal_files_list(&files, r, n, err);

	for (size_t i = 0; i < files.n && rc == 0; i++) {
		const char *name = files.file[i].name;
		const struct cut_entry *e = run_cut_find(cut, n, name);
		_auto_close_ int fd = fs_tree_open(files.dirfd, name, err);

		rc = fd < 0 ? -1 :
		     is_zero_at(fd, e ? e->length : 0, name, err);
		rc = rc < 0 ? -1 : !rc;
	}
	return rc;
}

static int count(const struct record *rec, void *arg)
{
	uint64_t *late = arg;

	*late += rec->late;
	return 0;
}

int journal_count_late(struct run *r, unsigned n, uint64_t *late,
		       struct belay_error *err)
{
	const struct begin *cut = run_cut_of(r, n);
	int rc = cut ? may_be_late(r, n, cut, err) : 0;
	uint64_t found = 0;

	if (rc == 1)
		rc = journal_read(r, n, JOURNAL_WITH_LATE, count, &found, NULL,
				  err);
	if (rc == 0)
		*late += found;
	return rc;
}
