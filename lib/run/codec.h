/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - run.json, begin.json, end.json, decision.json ⇄ struct */
#ifndef RUN_CODEC_H
#define RUN_CODEC_H

#include "run/run.h"

/* Encoding cannot fail but for memory, which out->failed tells.  Decoding
 * takes untrusted bytes: NULL or -1 with BELAY_ECORRUPT. */
void run_encode(const struct run *r, struct buf *out);
int run_decode(const struct buf *text, struct run *r, struct belay_error *err);

void begin_encode(const struct begin *b, unsigned n, struct buf *out);
struct begin *begin_decode(const struct buf *text, struct belay_error *err);

void end_encode(const struct end *e, unsigned n, struct buf *out);
struct end *end_decode(const struct buf *text, struct belay_error *err);

void decided_encode(const struct decided *d, unsigned n, struct buf *out);
struct decided *decided_decode(const struct buf *text,
			       struct belay_error *err);

#endif /* RUN_CODEC_H */
