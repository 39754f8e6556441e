/* SPDX-License-Identifier: Apache-2.0 */
/* coder.c - blocks to zstd and back */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "pack/coder.h"

void coder_fini(struct coder *c)
{
	ZSTD_freeCCtx(c->compressor);
	ZSTD_freeDCtx(c->decompressor);
	free(c->run);
	*c = (struct coder){ 0 };
}

int coder_room(struct coder *c)
{
	void *p;

	if (c->run)
		return 0;
	if (posix_memalign(&p, PACK_ALIGN, RUN_BYTES + PACK_BLOCK) != 0)
		return -1;
	c->run = p;
	c->block = c->run + RUN_BYTES;
	return 0;
}

/* Room for one byte less than there are: what does not fit is not worth it. */
uint32_t coder_compress(struct coder *c, int level, const void *data,
			uint32_t bytes, void *out)
{
	size_t n;

	if (!c->compressor)
		c->compressor = ZSTD_createCCtx();
	if (!c->compressor || bytes < 2)
		return 0;
	n = ZSTD_compressCCtx(c->compressor, out, bytes - 1, data, bytes,
			      level);
	return ZSTD_isError(n) ? 0 : (uint32_t)n;
}

static int decompress(struct coder *c, const void *stored, size_t len,
		      void *data, size_t bytes)
{
	size_t n;

	errno = ENOMEM;
	if (!c->decompressor)
		c->decompressor = ZSTD_createDCtx();
	if (!c->decompressor)
		return -1;
	n = ZSTD_decompressDCtx(c->decompressor, data, bytes, stored, len);
	errno = EBADMSG;
	return ZSTD_isError(n) || n != bytes ? -1 : 0;
}

int coder_restore(struct coder *c, const struct pack_block *b,
		  const void *stored, void *data, uint32_t bytes)
{
	struct digest d;

	if (b->coding == PACK_ZSTD) {
		if (decompress(c, stored, b->stored, data, bytes) < 0)
			return -1;
	} else if (stored != data) {
		memcpy(data, stored, bytes);
	}
	d = digest_of(data, bytes);
	errno = EBADMSG;
	return memcmp(&d, &b->digest, sizeof(d)) ? -1 : 0;
}
