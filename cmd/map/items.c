/* SPDX-License-Identifier: Apache-2.0 */
/* items.c - what the chunks of a set are: numbers, or the lines of a list */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/patient.h"
#include "cmd/map/items.h"

void items_number(struct items *it, uint64_t count)
{
	*it = (struct items){ .count = count };
}

void items_free(struct items *it)
{
	free(it->text);
	free(it->at);
	*it = (struct items){ 0 };
}

const char *items_text(const struct items *it, uint64_t chunk)
{
	return it->text ? it->text + it->at[chunk] : NULL;
}

static int add(struct items *it, size_t at, size_t *cap)
{
	if (it->count == *cap) {
		size_t more = *cap ? 2 * *cap : 1024;
		size_t *grown = reallocarray(it->at, more, sizeof(*grown));

		if (!grown)
			return -1;
		it->at = grown;
		*cap = more;
	}
	it->at[it->count++] = at;
	return 0;
}

static int check_line(const char *file, size_t number, const char *line,
		      size_t len, struct belay_error *err)
{
	if (len > ITEM_MAX)
		return err_set(err, BELAY_EINVAL,
			       "%s:%zu: line is too long for an argument; "
			       "at most %d bytes", file, number, ITEM_MAX);
	if (memchr(line, '\0', len))
		return err_set(err, BELAY_EINVAL,
			       "%s:%zu: line holds a NUL byte, which no "
			       "argument can", file, number);
	return 0;
}

static int split(struct items *it, const char *file, size_t len,
		 struct belay_error *err)
{
	size_t number = 1, cap = 0, n;

	for (size_t at = 0; at < len; at += n + 1, number++) {
		char *end = memchr(it->text + at, '\n', len - at);

		n = end ? (size_t)(end - it->text) - at : len - at;
		if (check_line(file, number, it->text + at, n, err) < 0)
			return -1;
		it->text[at + n] = '\0';
		if (n && add(it, at, &cap) < 0)
			return err_nomem(err);
	}
	return 0;
}

static int sum_up(struct items *it, struct belay_error *err)
{
	struct digest_state *s = digest_start();

	if (!s)
		return err_nomem(err);
	for (uint64_t i = 0; i < it->count; i++) {
		const char *line = items_text(it, i);

		digest_add(s, line, strlen(line) + 1);
	}
	it->digest = digest_end(s);
	return 0;
}

int items_parse(struct items *it, const char *file, char *text, size_t len,
		struct belay_error *err)
{
	*it = (struct items){ .text = text };
	if (split(it, file, len, err) < 0 || sum_up(it, err) < 0) {
		items_free(it);
		return -1;
	}
	return 0;
}

static int read_all(int fd, struct buf *out)
{
	ssize_t n;
	char *room;

	do {
		room = buf_room(out, 65536);
		if (!room) {
			errno = ENOMEM;
			return -1;
		}
		n = read(fd, room, 65536);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 || !buf_room(out, 1) ? -1 : 0;
}

int items_load(struct items *it, const char *file, struct belay_error *err)
{
	bool is_stdin = !strcmp(file, "-");
	_auto_close_ int opened = is_stdin ? -1 :
				  open_at(AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0);
	_auto_buf_ struct buf text = { 0 };
	size_t len;

	if (!is_stdin && opened < 0)
		return err_sys(err, "cannot open '%s'", file);
	if (read_all(is_stdin ? STDIN_FILENO : opened, &text) < 0)
		return err_sys(err, "cannot read '%s'", file);
	len = text.len;
	return items_parse(it, is_stdin ? "stdin" : file,
			   take_ptr(&text.data), len, err);
}
