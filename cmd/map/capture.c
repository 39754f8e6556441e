/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c - what a chunk wrote, kept until it may be shown */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/map/capture.h"

/* Captures live in one thread, so this needs no lock. */
static size_t memory_used;

void capture_free(struct capture *c)
{
	memory_used -= c->cap;
	free(c->data);
	if (c->fd > 0)
		close(c->fd);
	*c = (struct capture){ 0 };
}

static bool grow(struct capture *c, size_t want)
{
	size_t cap = c->cap ? 2 * c->cap : 512;
	char *grown;

	while (cap < want)
		cap *= 2;
	if (cap > CAPTURE_MEMORY || memory_used + cap > CAPTURE_TOTAL)
		return false;
	grown = realloc(c->data, cap);
	if (!grown)
		return false;
	memory_used += cap - c->cap;
	c->data = grown;
	c->cap = cap;
	return true;
}

static int nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || text_format(path, sizeof(path), "%s/belay-XXXXXX",
				   dir) < 0)
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static void spill(struct capture *c, const char *data, size_t len)
{
	ssize_t n;

	if (!c->fd)
		c->fd = nameless_file();
	while (len && !c->lost) {
		n = c->fd < 0 ? -1 : pwrite(c->fd, data, len,
					    (off_t)c->spilled);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			c->lost = n < 0 ? errno : ENOSPC;
			break;
		}
		c->spilled += (uint64_t)n;
		data += n;
		len -= (size_t)n;
	}
	if (c->fd < 0)
		c->fd = 0;
}

void capture_add(struct capture *c, const void *data, size_t len)
{
	if (!len || c->lost)
		return;
	if (c->spilled || (c->len + len > c->cap && !grow(c, c->len + len))) {
		spill(c, data, len);
		return;
	}
	memcpy(c->data + c->len, data, len);
	c->len += len;
}

uint64_t capture_size(const struct capture *c)
{
	return c->len + c->spilled;
}

ssize_t capture_read(const struct capture *c, uint64_t offset, void *out,
		     size_t len)
{
	if (offset >= c->len)
		return c->spilled ? pread(c->fd, out, len,
					  (off_t)(offset - c->len)) : 0;
	if (len > c->len - offset)
		len = c->len - (size_t)offset;
	memcpy(out, c->data + offset, len);
	return (ssize_t)len;
}

static int copy_out(const struct capture *c, int fd)
{
	char piece[16384];
	uint64_t at = 0;
	ssize_t n, written;

	while ((n = capture_read(c, at, piece, sizeof(piece))) > 0) {
		written = write(fd, piece, (size_t)n);
		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0)
			at += (uint64_t)written;
	}
	return n < 0 ? -1 : 0;
}

int capture_save(const struct capture *c, int dirfd, const char *name,
		 struct belay_error *err)
{
	_auto_close_ int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC |
				     O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0 || copy_out(c, fd) < 0 || close(take_fd(&fd)) < 0)
		return err_sys(err, "cannot write '%s'", name);
	return c->lost ? err_set(err, BELAY_EFAILED, "output is cut: '%s': %s",
				 name, strerror(c->lost)) : 0;
}
