/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - print what chunks wrote, one after the other and each whole */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/map/show.h"

/* A pipe that poll(2) calls writable takes this much without blocking. */
#define PIECE PIPE_BUF

static void drop_first(struct show *s)
{
	struct shown *first = s->first;

	s->first = first->next;
	if (!s->first)
		s->last = &s->first;
	s->at = 0;
	capture_free(&first->output.out);
	capture_free(&first->output.err);
	free(first);
}

int show_add(struct show *s, struct output *o, struct belay_error *err)
{
	uint64_t size = capture_size(&o->out) + capture_size(&o->err);
	struct shown *new;

	if (!size || s->failed)
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return err_nomem(err);
	new->output = *o;
	*o = (struct output){ 0 };
	if (!s->first)
		s->last = &s->first;
	*s->last = new;
	s->last = &new->next;
	s->pending += size;
	return 0;
}

/* Which stream comes next, and from where in it. */
static const struct capture *current(const struct show *s, int *fd,
				     uint64_t *offset)
{
	const struct output *o = &s->first->output;
	uint64_t out = capture_size(&o->out);

	*fd = s->at < out ? STDOUT_FILENO : STDERR_FILENO;
	*offset = s->at < out ? s->at : s->at - out;
	return s->at < out ? &o->out : &o->err;
}

static void give_up(struct show *s, int error)
{
	s->failed = true;
	s->error = error;
	s->pending = 0;
	while (s->first)
		drop_first(s);
}

/* false: not now. */
static bool write_piece(struct show *s)
{
	char piece[PIECE];
	uint64_t offset;
	struct pollfd p = { .events = POLLOUT };
	const struct capture *c = current(s, &p.fd, &offset);
	ssize_t n = capture_read(c, offset, piece, sizeof(piece));

	if (n > 0 && poll(&p, 1, 0) <= 0)
		return false;
	progress_hide(s->progress);
	if (n > 0)
		n = write(p.fd, piece, (size_t)n);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR;
	if (n <= 0) {
		give_up(s, n < 0 ? errno : EIO);
		return false;
	}
	s->progress->midline = s->progress->terminal && isatty(p.fd) &&
			       piece[n - 1] != '\n';
	s->at += (uint64_t)n;
	s->pending -= (uint64_t)n;
	return true;
}

static bool first_is_through(const struct show *s)
{
	const struct output *o = &s->first->output;

	return s->at == capture_size(&o->out) + capture_size(&o->err);
}

void show_turn(struct show *s)
{
	while (s->first) {
		if (first_is_through(s))
			drop_first(s);
		else if (!write_piece(s))
			return;
	}
}

bool show_wants(const struct show *s, struct pollfd *p)
{
	uint64_t offset;

	if (!s->first)
		return false;
	p->events = POLLOUT;
	current(s, &p->fd, &offset);
	return true;
}

void show_free(struct show *s)
{
	while (s->first)
		drop_first(s);
}
