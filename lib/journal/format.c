/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - headers and frames ⇄ bytes */

#include "base/bytes.h"
#include "base/digest.h"
#include "journal/format.h"

#define MAGIC "BELAYJ1\n"
#define WRITER_SIZE 128		/* in the file, NUL padded */

enum {				/* where each field of the header is */
	AT_FORMAT = 8, AT_SIZE = 12, AT_SUBMISSION = 16, AT_ATTEMPT = 32,
	AT_SEGMENT = 36, AT_FIRST = 40, AT_PREVIOUS = 48, AT_CREATED = 56,
	AT_WRITER = 64, AT_CHECK = JOURNAL_HEADER - 8,
};

uint64_t journal_header_encode(const struct journal_header *h,
			       uint8_t out[JOURNAL_HEADER])
{
	uint64_t identity;

	memset(out, 0, JOURNAL_HEADER);
	memcpy(out, MAGIC, 8);
	set_u32(out + AT_FORMAT, JOURNAL_FORMAT);
	set_u32(out + AT_SIZE, JOURNAL_HEADER);
	memcpy(out + AT_SUBMISSION, h->submission, sizeof(h->submission));
	set_u32(out + AT_ATTEMPT, h->attempt);
	set_u32(out + AT_SEGMENT, h->segment);
	set_u64(out + AT_FIRST, h->first);
	set_u64(out + AT_PREVIOUS, h->previous);
	set_u64(out + AT_CREATED, (uint64_t)h->created_us);
	memcpy(out + AT_WRITER, h->writer, strnlen(h->writer, WRITER_SIZE - 1));
	identity = check64(out, AT_CHECK, 0);
	set_u64(out + AT_CHECK, identity);
	return identity;
}

static const char *judge_header(const uint8_t *p, size_t len)
{
	if (len < JOURNAL_HEADER)
		return "shorter than a header";
	if (memcmp(p, MAGIC, 8))
		return "does not start as a journal";
	if (check64(p, AT_CHECK, 0) != load64(p + AT_CHECK))
		return "its header does not verify";
	if (load32(p + AT_FORMAT) != JOURNAL_FORMAT ||
	    load32(p + AT_SIZE) != JOURNAL_HEADER)
		return "written by a newer belay";
	if (p[AT_WRITER + WRITER_SIZE - 1] != '\0')
		return "its header is malformed";
	return NULL;
}

uint64_t journal_header_decode(const void *bytes, size_t len,
			       struct journal_header *h, const char **why)
{
	const uint8_t *p = bytes;
	const char *wrong = judge_header(p, len);

	if (why)
		*why = wrong;
	if (wrong)
		return 0;
	memcpy(h->submission, p + AT_SUBMISSION, sizeof(h->submission));
	h->attempt = load32(p + AT_ATTEMPT);
	h->segment = load32(p + AT_SEGMENT);
	h->first = load64(p + AT_FIRST);
	h->previous = load64(p + AT_PREVIOUS);
	h->created_us = (int64_t)load64(p + AT_CREATED);
	memcpy(h->writer, p + AT_WRITER, WRITER_SIZE);
	return load64(p + AT_CHECK);
}

size_t journal_frame_put(uint8_t *at, unsigned type, uint64_t seq,
			 int64_t time_us, const void *payload, size_t len)
{
	size_t size = journal_frame_size(len);

	memset(at + size - 8, 0, 8);	/* the padding, before the payload */
	set_u64(at, 0);
	set_u32(at + 8, (uint32_t)len);
	set_u16(at + 12, (uint16_t)type);
	set_u16(at + 14, 0);
	set_u64(at + 16, seq);
	set_u64(at + 24, (uint64_t)time_us);
	if (len)
		memcpy(at + JOURNAL_FRAME, payload, len);
	return size;
}

uint64_t journal_frame_seal(uint8_t *at, size_t size, uint64_t seed)
{
	uint64_t check = check64(at + 8, size - 8, seed);

	set_u64(at, check);
	return check;
}
