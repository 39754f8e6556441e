/* SPDX-License-Identifier: Apache-2.0 */
/* coder.h - what one thread needs to compress and to read back a block */
#ifndef PACK_CODER_H
#define PACK_CODER_H

#include <stdint.h>

#include "pack/format.h"

/* Blocks that are written or read at one go: 1 MiB. */
#define RUN_BLOCKS 4u
#define RUN_BYTES (RUN_BLOCKS * PACK_BLOCK)

struct coder {			/* start from { 0 } */
	void *compressor, *decompressor;
	uint8_t *run;		/* RUN_BYTES, aligned to PACK_ALIGN, */
	uint8_t *block;		/* and PACK_BLOCK more; see coder_room() */
};
void coder_fini(struct coder *c);

/* Get the memory; 0, or -1: there is none left. */
int coder_room(struct coder *c);

/* Into out; the size, or 0: it does not become less. */
uint32_t coder_compress(struct coder *c, int level, const void *data,
			uint32_t bytes, void *out);

/*
 * The bytes of a block from those that lie in the file (`stored`, as many as b
 * says), into data unless that is the same place.  0: they have its digest;
 * -1: errno EBADMSG, they have not, or ENOMEM.
 */
int coder_restore(struct coder *c, const struct pack_block *b,
		  const void *stored, void *data, uint32_t bytes);

#endif /* PACK_CODER_H */
