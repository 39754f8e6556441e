/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - is a checkpoint still what was written, and a mark if not */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "checkpoint/file.h"
#include "checkpoint/packed.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

/* Replaced is as bad as changed.  A disk that cannot read it has not got it now,
 * so it is passed over; not being allowed to, or no memory, is neither. */
static bool is_passed_over(const struct belay_error *why)
{
	return !why->sys || why->sys == ELOOP || why->sys == EIO;
}

bool checkpoint_is_damage(const struct belay_error *err)
{
	return err->code == BELAY_ECORRUPT && !err->sys;
}

int checkpoint_open_file(int dirfd, const struct checkpoint_file *f,
			 struct belay_error *err)
{
	struct belay_error why;
	_auto_close_ int fd = fs_tree_open(dirfd, f->name, &why);
	struct stat st;

	if (fd < 0 && why.code == BELAY_ENOENT)
		return err_set(err, BELAY_ECORRUPT, "file is missing: '%s'",
			       f->name);
	if (fd < 0) {
		err_set(err, is_passed_over(&why) ? BELAY_ECORRUPT : why.code,
			"%s", why.text);
		if (err && why.sys != ELOOP)
			err->sys = why.sys;
		return -1;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, "cannot look at '%s'", f->name);
	if ((uint64_t)st.st_size != f->size)
		return err_set(err, BELAY_ECORRUPT, "file has %lld bytes "
			       "instead of %llu: '%s'", (long long)st.st_size,
			       (unsigned long long)f->size, f->name);
	return take_fd(&fd);
}

int checkpoint_copy_file(int fd, int to, const struct checkpoint_file *f,
			 struct belay_error *err)
{
	struct digest digest;
	uint64_t size;

	if (store_digest(fd, to, f->name, &digest, &size, err) < 0)
		return -1;
	if (memcmp(&digest, &f->digest, sizeof(digest)))
		return err_set(err, BELAY_ECORRUPT, "file does not match its "
			       "digest: '%s'", f->name);
	return 0;
}

int checkpoint_check(struct run *r, const struct checkpoint *c, bool bytes,
		     struct belay_error *err)
{
	_auto_close_ int dirfd = -1;

	if (c->damaged)
		return err_set(err, c->unreadable ? BELAY_EFAILED :
			       BELAY_ECORRUPT, "%s", c->reason);
	dirfd = store_open_id(r, c->id, err);
	if (dirfd < 0)
		return -1;
	if (c->ranks)
		return packed_check(dirfd, c, bytes, err);
	for (unsigned i = 0; i < c->n_files; i++) {
		const struct checkpoint_file *f = &c->files[i];
		_auto_close_ int fd = checkpoint_open_file(dirfd, f, err);

		if (fd < 0 ||
		    (bytes && checkpoint_copy_file(fd, -1, f, err) < 0))
			return -1;
	}
	return 0;
}

int checkpoint_mark_damaged(struct run *r, uint64_t id, const char *why,
			    struct belay_error *err)
{
	_auto_close_ int dirfd = store_open(r, false, err);
	char name[CHECKPOINT_NAME + 16], number[CHECKPOINT_NAME];
	char host[256] = "";
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text };

	if (dirfd < 0)
		return -1;
	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "%s.damaged", store_name(id, number));
	snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
	json_open(&o, NULL, '{');
	json_put_u64(&o, "format", 1);
	json_put_str(&o, "id", number);
	json_put_time(&o, "when", clock_wall_us());
	json_put_str(&o, "host", host);
	json_put_str(&o, "reason", why);
	json_seal(&o);
	if (text.failed)
		return err_nomem(err);
	return fs_publish(dirfd, name, text.data, text.len, err) < 0 ? -1 : 0;
}
