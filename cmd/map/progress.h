/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - how far a set is: a bar on a terminal, a line now and then in
 * a log; the text is pure
 */
#ifndef CMD_MAP_PROGRESS_H
#define CMD_MAP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct facts {
	uint64_t total, done, running, retrying, quarantined;
	double rate;		/* chunks per second; 0: not known */
};

/* "[=====>    ] 140/300 47% 2.3/s 1m10s left, 2 running, 1 retrying", in
 * width columns or less: what does not fit is left out, the bar first. */
void progress_bar(const struct facts *f, unsigned width, struct buf *out);
/* "140 of 300 done (46%), 2.3/s, 1m10s left, 2 running, ..." */
void progress_line(const struct facts *f, struct buf *out);

struct progress {
	int fd;			/* stderr */
	bool terminal;
	bool drawn;		/* the cursor stands behind a bar */
	bool midline;		/* a chunk's output did not end its line */
	int64_t next_ns;	/* when there is something to say again */
	/* the rate is that of the last minute or two */
	struct { int64_t ns; uint64_t done; } base, mark;
};

void progress_begin(struct progress *p, int fd, uint64_t done);
/* Say it if it is time.  Wants to be called again in *wait_ms. */
void progress_turn(struct progress *p, struct facts *f, int *wait_ms);
/* Make room for other output on the same terminal. */
void progress_hide(struct progress *p);
/* The last word: a line in a log. */
void progress_end(struct progress *p, struct facts *f);

#endif /* CMD_MAP_PROGRESS_H */
