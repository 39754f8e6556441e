/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_part.c - any bytes as the index of a part, as its header, as its end, and
 *               as a block that zstd made
 *
 * What was read is written and read again.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pack/coder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define END (1u << 24)

/* Nobody is ever sent to read where there is nothing. */
static void check_places(const struct pack_index *ix)
{
	for (size_t i = 0; i < ix->n_entries; i++) {
		const struct pack_entry *e = ix->entry[i];

		for (uint64_t n = 0; n < e->n_blocks; n++) {
			const struct pack_block *b = &e->block[n];
			uint64_t end = b->file ?
				ix->parent[b->file - 1].size : END;

			if (b->file > ix->n_parents || b->at > end ||
			    b->stored > end - b->at || b->stored > PACK_BLOCK)
				abort();
		}
	}
}

static void index_of(const uint8_t *data, size_t size)
{
	struct pack_index ix = { 0 }, again = { 0 };
	struct buf bytes = { 0 };

	if (!pack_index_decode(data, size, END, &ix)) {
		check_places(&ix);
		pack_index_count(&ix);
		pack_index_encode(&ix, &bytes);
		if (bytes.len != size ||
		    pack_index_decode((uint8_t *)bytes.data, bytes.len, END,
				      &again))
			abort();
	}
	buf_free(&bytes);
	pack_index_fini(&ix);
	pack_index_fini(&again);
}

/* Their checks made right. */
static void ends_of(const uint8_t *data, size_t size)
{
	uint8_t head[PACK_HEADER] = "BELAYP1\n", foot[PACK_FOOTER] = "BELAYPE\n";
	struct pack_header h;
	struct pack_footer f;
	uint64_t identity;
	bool newer;

	memcpy(head + 8, data, size < 80 ? size : 80);
	set_u64(head + PACK_HEADER - 8, check64(head, PACK_HEADER - 8, 0));
	pack_header_decode(head, &h, &identity, &newer);
	memcpy(foot + 8, data, size < 48 ? size : 48);
	set_u64(foot + PACK_FOOTER - 8,
		check64(foot, PACK_FOOTER - 8, identity));
	if (!pack_footer_decode(foot, identity, &f) &&
	    f.at + f.len + PACK_FOOTER != f.size)
		abort();
}

static void block_of(const uint8_t *data, size_t size)
{
	const struct pack_block b = { .stored = (uint32_t)size,
				      .coding = PACK_ZSTD };
	static uint8_t out[PACK_BLOCK];
	static struct coder c;
	uint32_t bytes = size > 1 ? (uint32_t)data[0] << 8 | data[1] : 0;

	coder_restore(&c, &b, data, out, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	index_of(data, size);
	ends_of(data, size);
	block_of(data, size);
	return 0;
}
