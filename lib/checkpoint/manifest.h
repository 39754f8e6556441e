/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - the bytes of a MANIFEST ⇄ struct checkpoint; pure
 *
 * What is decoded is not trusted: limits hold, names stay below the directory
 * that they are put into, and the check covers every byte.
 */
#ifndef CHECKPOINT_MANIFEST_H
#define CHECKPOINT_MANIFEST_H

#include "base/buf.h"
#include "base/json.h"
#include "checkpoint/checkpoint.h"

#define MANIFEST "MANIFEST"
#define MANIFEST_FORMAT 1
#define MANIFEST_PACKED 2	/* older readers leave it alone */

/* Add a file; the name is copied.  BELAY_EINVAL when it cannot be a name. */
int manifest_add(struct checkpoint *c, const char *name, uint64_t size,
		 unsigned mode, struct belay_error *err);
/* Is it a relative path that stays below where it starts, without control
 * characters, and not MANIFEST itself?  NULL, or what is wrong with it. */
const char *manifest_name_fault(const char *name);

/* A file as MANIFEST has it. */
void manifest_put_file(const struct checkpoint_file *f, struct json_out *o);
/* Sorts the files by name. */
int manifest_encode(struct checkpoint *c, struct buf *out,
		    struct belay_error *err);
/* Into *c, which is cleared first.  BELAY_ECORRUPT, or BELAY_EFAILED when it is
 * of a newer format. */
int manifest_decode(const char *text, size_t len, struct checkpoint *c,
		    struct belay_error *err);

void checkpoint_fini(struct checkpoint *c);	/* the members */

/* What a rank says of its part; the caller's c has the head.  What is decoded
 * is held against that head: BELAY_ECORRUPT when it is another's. */
void part_encode(const struct checkpoint *c, unsigned rank,
		 const struct pack_sum *sum, struct buf *out);
int part_decode(const char *text, size_t len, struct checkpoint *c,
		unsigned rank, struct belay_error *err);

/* As MANIFEST has it. */
void part_put(unsigned rank, const struct pack_sum *sum, struct json_out *o);
int part_get(const struct json *j, unsigned *rank, struct pack_sum *sum);
/* The progress, of a MANIFEST or of a part. */
void progress_put(const struct checkpoint_progress *p, struct json_out *o);
void progress_get(const struct json *j, struct checkpoint_progress *p);

#define _auto_checkpoint_ __attribute__((cleanup(checkpoint_fini)))

#endif /* CHECKPOINT_MANIFEST_H */
