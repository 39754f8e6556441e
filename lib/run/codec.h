/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - run.json, begin.json, end.json, decision.json ⇄ struct */
#ifndef RUN_CODEC_H
#define RUN_CODEC_H

#include "run/run.h"

/* Encoding cannot fail but for memory, which out->failed tells.  Decoding
 * takes untrusted bytes: NULL or -1 with BELAY_ECORRUPT, also for what is whole
 * but of another run than r or another attempt than n. */
void run_encode(const struct run *r, struct buf *out);
int run_decode(const struct buf *text, struct run *r, struct belay_error *err);

void begin_encode(const struct run *r, unsigned n, const struct begin *b,
		  struct buf *out);
struct begin *begin_decode(const struct run *r, unsigned n,
			   const struct buf *text, struct belay_error *err);

void end_encode(const struct run *r, unsigned n, const struct end *e,
		struct buf *out);
struct end *end_decode(const struct run *r, unsigned n,
		       const struct buf *text, struct belay_error *err);

void decided_encode(const struct run *r, unsigned n, const struct decided *d,
		    struct buf *out);
struct decided *decided_decode(const struct run *r, unsigned n,
			       const struct buf *text, struct belay_error *err);

#endif /* RUN_CODEC_H */
