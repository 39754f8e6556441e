/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - how far a set is: a bar on a terminal, a line in a log */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/map/progress.h"

#define REDRAW_NS 100000000ll
#define FIRST_LINE_NS 5000000000ll
#define LINE_NS 30000000000ll
#define RATE_NS 60000000000ll
#define BAR_MIN 6		/* narrower ones say nothing */
#define BAR_MAX 40

/* ---- text --------------------------------------------------------------- */

static void put_rate(const struct facts *f, const char *separator,
		     struct buf *out)
{
	uint64_t left = f->total - f->done - f->quarantined;
	char span[16];

	if (f->rate <= 0)
		return;
	buf_printf(out, "%s%.*f/s", separator, f->rate < 10 ? 1 : 0, f->rate);
	if (left)
		buf_printf(out, "%s%s left", separator,
			   clock_span((double)left / f->rate, span));
}

static void put_others(const struct facts *f, struct buf *out)
{
	const struct { uint64_t n; const char *word; } others[] = {
		{ f->running, "running" },
		{ f->retrying, "retrying" },
		{ f->quarantined, "quarantined" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].n)
			buf_printf(out, ", %llu %s",
				   (unsigned long long)others[i].n,
				   others[i].word);
}

static unsigned percent(const struct facts *f)
{
	return f->total ? (unsigned)(100.0 * (double)f->done /
				     (double)f->total) : 100;
}

void progress_line(const struct facts *f, struct buf *out)
{
	buf_printf(out, "%llu of %llu done (%u%%)", (unsigned long long)f->done,
		   (unsigned long long)f->total, percent(f));
	put_rate(f, ", ", out);
	put_others(f, out);
}

static void put_graph(const struct facts *f, unsigned cells, struct buf *out)
{
	unsigned full = f->total ? (unsigned)((double)cells * (double)f->done /
					      (double)f->total) : cells;

	buf_puts(out, "[");
	for (unsigned i = 0; i < cells; i++)
		buf_puts(out, i < full ? "=" : i == full ? ">" : " ");
	buf_puts(out, "] ");
}

void progress_bar(const struct facts *f, unsigned width, struct buf *out)
{
	_auto_buf_ struct buf text = { 0 };
	unsigned cells = 0;

	buf_printf(&text, "%llu/%llu %u%%", (unsigned long long)f->done,
		   (unsigned long long)f->total, percent(f));
	put_rate(f, " ", &text);
	put_others(f, &text);
	if (width > text.len + BAR_MIN + 3)
		cells = width - (unsigned)text.len - 3;
	if (cells)
		put_graph(f, cells < BAR_MAX ? cells : BAR_MAX, out);
	buf_add(out, buf_text(&text), text.len < width ? text.len : width);
}

/* ---- when, and where ---------------------------------------------------- */

static void say(struct progress *p, const struct buf *text)
{
	ssize_t n = write(p->fd, buf_text(text), text->len);

	(void)n;		/* nobody may be looking */
}

void progress_begin(struct progress *p, int fd, uint64_t done)
{
	int64_t now = clock_mono_ns();

	*p = (struct progress){ .fd = fd, .terminal = isatty(fd) == 1 };
	p->base.ns = p->mark.ns = now;
	p->base.done = p->mark.done = done;
	p->next_ns = p->terminal ? now : now + FIRST_LINE_NS;
}

static double rate(struct progress *p, int64_t now, uint64_t done)
{
	double s;

	if (now - p->mark.ns > RATE_NS && done > p->mark.done) {
		p->base = p->mark;
		p->mark.ns = now;
		p->mark.done = done;
	}
	s = (double)(now - p->base.ns) / 1e9;
	return s > 0 ? (double)(done - p->base.done) / s : 0;
}

static unsigned terminal_width(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 79;
	return size.ws_col - 1u;	/* the last column makes some wrap */
}

static void draw(struct progress *p, const struct facts *f)
{
	_auto_buf_ struct buf text = { 0 };

	if (p->midline)
		buf_puts(&text, "\n");
	p->midline = false;
	buf_puts(&text, "\r");
	progress_bar(f, terminal_width(p->fd), &text);
	buf_puts(&text, "\033[K");
	say(p, &text);
	p->drawn = true;
}

static void log_line(struct progress *p, const struct facts *f)
{
	_auto_buf_ struct buf text = { 0 };

	buf_puts(&text, "belay map: ");
	progress_line(f, &text);
	buf_puts(&text, "\n");
	say(p, &text);
}

void progress_turn(struct progress *p, struct facts *f, int *wait_ms)
{
	int64_t now = clock_mono_ns();

	if (now >= p->next_ns) {
		f->rate = rate(p, now, f->done);
		if (p->terminal)
			draw(p, f);
		else
			log_line(p, f);
		p->next_ns = now + (p->terminal ? REDRAW_NS : LINE_NS);
	}
	*wait_ms = (int)((p->next_ns - now) / 1000000) + 1;
}

void progress_hide(struct progress *p)
{
	static const char erase[] = "\r\033[K";
	const struct buf text = { .data = (char *)(uintptr_t)erase,
				  .len = sizeof(erase) - 1 };

	if (p->drawn)
		say(p, &text);
	p->drawn = false;
}

void progress_end(struct progress *p, struct facts *f)
{
	progress_hide(p);
	f->rate = rate(p, clock_mono_ns(), f->done);
	log_line(p, f);
}
