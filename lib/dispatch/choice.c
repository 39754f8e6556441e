/* SPDX-License-Identifier: Apache-2.0 */
/* choice.c - the policy that a word means: a preset's name, or a file */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/patient.h"
#include "dispatch/choice.h"

/* What is read may be a pipe, whose writer may never come. */
#define PATIENCE_MS 2000

static ssize_t read_soon(int fd, char *room, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, PATIENCE_MS);

	if (n > 0)
		return read(fd, room, size);
	if (n == 0)
		errno = ETIMEDOUT;
	return -1;
}

/* A policy is read as any file: it may be the site's, or a link.  One byte too
 * many is enough for policy_parse() to refuse it. */
static int read_file(const char *path, struct buf *out, struct belay_error *err)
{
	_auto_close_ int fd = open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC |
				      O_NOCTTY | O_NONBLOCK, 0);
	ssize_t n = 1;

	if (fd < 0)
		return err_sys(err, "cannot open policy '%s'", path);
	while (n > 0 && out->len <= POLICY_MAX_BYTES) {
		char *room = buf_room(out, 4096);

		if (!room)
			return err_nomem(err);
		do
			n = read_soon(fd, room, 4096);
		while (n < 0 && (errno == EINTR || errno == EAGAIN));
		if (n < 0 && errno == ETIMEDOUT)
			return err_set(err, BELAY_ECONFIG, "nothing comes "
				       "from the policy's pipe '%s'", path);
		if (n < 0 && errno == EISDIR)
			return err_set(err, BELAY_ECONFIG, "a policy is a file "
				       "or a preset, and this is a directory: "
				       "'%s'", path);
		if (n < 0)
			return err_sys(err, "cannot read policy '%s'", path);
		out->len += (size_t)n;
	}
	return 0;
}

/* A word without '/' or '.' that is no file either was meant for a preset:
 * policy_preset() knows the nearest one. */
static bool is_file(const char *word)
{
	return !policy_is_preset(word) &&
	       (strpbrk(word, "/.") || access(word, F_OK) == 0);
}

/* Whoever wrote it may have meant either. */
static int neither(const struct belay_error *why, struct belay_error *err)
{
	return err_set(err, why->code, "no such file is here, and %s",
		       why->text);
}

int choice_read(const char *word, struct choice *c, struct belay_error *err)
{
	struct choice read = { .text = { 0 } };
	struct belay_error why;
	int rc;

	if (!is_file(word)) {
		rc = policy_preset(word, &read.policy, &why);
		if (rc < 0)
			neither(&why, err);
	} else {
		rc = read_file(word, &read.text, err);
		if (rc == 0)
			rc = policy_parse(word, buf_text(&read.text),
					  read.text.len, &read.policy, err);
	}
	if (rc < 0)
		buf_free(&read.text);
	else
		*c = read;
	return rc;
}
