/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - header and footer of a part */

#include <string.h>

#include "base/bytes.h"
#include "pack/format.h"

#define MAGIC "BELAYP1\n"
#define END_MAGIC "BELAYPE\n"
#define FORMAT 1u

uint64_t pack_header_encode(const struct pack_header *h, uint8_t *out)
{
	uint64_t identity;

	memset(out, 0, PACK_HEADER);
	memcpy(out, MAGIC, 8);
	set_u32(out + 8, FORMAT);
	set_u32(out + 12, PACK_HEADER);
	memcpy(out + 16, h->owner, sizeof(h->owner));
	set_u32(out + 32, h->attempt);
	set_u32(out + 36, h->rank);
	set_u32(out + 40, h->ranks);
	set_u32(out + 44, PACK_BLOCK);
	identity = check64(out, PACK_HEADER - 8, 0);
	set_u64(out + PACK_HEADER - 8, identity);
	return identity;
}

/* What a newer belay has written is said before anything else is judged. */
const char *pack_header_decode(const uint8_t *bytes, struct pack_header *h,
			       uint64_t *identity, bool *newer)
{
	struct cursor c = cursor_over(bytes + 8, PACK_HEADER - 8);
	uint32_t format, size, block;

	*newer = false;
	if (memcmp(bytes, MAGIC, 8) != 0)
		return "not a part";
	format = get_u32(&c);
	size = get_u32(&c);
	memcpy(h->owner, get_bytes(&c, sizeof(h->owner)), sizeof(h->owner));
	h->attempt = get_u32(&c);
	h->rank = get_u32(&c);
	h->ranks = get_u32(&c);
	block = get_u32(&c);
	c = cursor_over(bytes + PACK_HEADER - 8, 8);
	*identity = get_u64(&c);
	if (*identity != check64(bytes, PACK_HEADER - 8, 0))
		return "the header is damaged";
	*newer = format > FORMAT;
	if (*newer)
		return "written by a newer belay";
	if (format != FORMAT || size != PACK_HEADER || block != PACK_BLOCK ||
	    h->rank >= h->ranks)
		return "the header is wrong";
	return NULL;
}

void pack_footer_encode(const struct pack_footer *f, uint64_t identity,
			uint8_t out[PACK_FOOTER])
{
	memset(out, 0, PACK_FOOTER);
	memcpy(out, END_MAGIC, 8);
	set_u64(out + 8, f->at);
	set_u64(out + 16, f->len);
	memcpy(out + 24, f->digest.bytes, sizeof(f->digest.bytes));
	set_u64(out + 40, f->size);
	set_u64(out + 56, check64(out, PACK_FOOTER - 8, identity));
}

/* Index and footer fill the end of the file, and nothing else does. */
static bool fits(const struct pack_footer *f)
{
	return f->len <= PACK_INDEX_MAX && f->at >= PACK_HEADER &&
	       f->at % PACK_ALIGN == 0 && f->at < f->size &&
	       f->size - f->at == f->len + PACK_FOOTER;
}

const char *pack_footer_decode(const uint8_t bytes[PACK_FOOTER],
			       uint64_t identity, struct pack_footer *f)
{
	struct cursor c = cursor_over(bytes + 8, PACK_FOOTER - 8);

	if (memcmp(bytes, END_MAGIC, 8) != 0)
		return "the end is missing";
	f->at = get_u64(&c);
	f->len = get_u64(&c);
	memcpy(f->digest.bytes, get_bytes(&c, 16), 16);
	f->size = get_u64(&c);
	get_u64(&c);
	if (get_u64(&c) != check64(bytes, PACK_FOOTER - 8, identity))
		return "the end is damaged";
	return fits(f) ? NULL : "the end is wrong";
}
