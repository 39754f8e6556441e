/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - the bytes of a segment; doc/FORMAT.md draws them */
#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "fs/fs.h"
#include "journal/journal.h"

#define JOURNAL_FORMAT 1u
#define JOURNAL_HEADER FS_BLOCK
#define JOURNAL_FRAME 32u
#define JOURNAL_BATCH_PAYLOAD 16u
#define JOURNAL_BATCH (JOURNAL_FRAME + JOURNAL_BATCH_PAYLOAD)
#define JOURNAL_TYPE_BATCH 1u
#define JOURNAL_SEGMENT_MAX (8u << 20)	/* bytes that a writer puts in one */

struct journal_header {
	uint8_t submission[16];
	uint32_t attempt, segment;
	uint64_t first;		/* sequence number of its first record */
	uint64_t previous;	/* check of the frame before that one, or 0 */
	int64_t created_us;
	char writer[RUN_NAME_SIZE];
};

/* Fill the block; its check, which is the identity of the file. */
uint64_t journal_header_encode(const struct journal_header *h,
			       uint8_t out[JOURNAL_HEADER]);
/* The identity, or 0 when the len bytes do not start with a header of ours;
 * then why (may be NULL) says what is wrong. */
uint64_t journal_header_decode(const void *bytes, size_t len,
			       struct journal_header *h, const char **why);

/* Write a frame at `at` but for its check; the bytes that it takes. */
size_t journal_frame_put(uint8_t *at, unsigned type, uint64_t seq,
			 int64_t time_us, const void *payload, size_t len);
/* Write the check of the frame at `at`, which takes size bytes. */
uint64_t journal_frame_seal(uint8_t *at, size_t size, uint64_t seed);

static inline size_t journal_frame_size(size_t payload)
{
	return JOURNAL_FRAME + ((payload + 7) & ~(size_t)7);
}

static inline uint64_t journal_block_up(uint64_t bytes)
{
	return (bytes + FS_BLOCK - 1) & ~(uint64_t)(FS_BLOCK - 1);
}

static inline uint64_t load64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return le64toh(v);
}

static inline uint32_t load32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return le32toh(v);
}

static inline uint16_t load16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return le16toh(v);
}

#endif /* JOURNAL_FORMAT_H */
