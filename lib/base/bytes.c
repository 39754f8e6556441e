/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.c - little-endian numbers and strings, with a limit on both sides */

#include <endian.h>
#include <string.h>

#include "base/bytes.h"

const void *get_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (c->bad || (size_t)(c->end - c->at) < n) {
		c->bad = true;
		return NULL;
	}
	c->at += n;
	return p;
}

/* Whole words at once: these are called for every field of every record. */
#define GET(type, from_little_endian) \
	const void *p = get_bytes(c, sizeof(type)); \
	type v = 0; \
	if (p) \
		memcpy(&v, p, sizeof(v)); \
	return from_little_endian(v)

uint8_t get_u8(struct cursor *c)
{
	GET(uint8_t, (uint8_t));
}

uint16_t get_u16(struct cursor *c)
{
	GET(uint16_t, le16toh);
}

uint32_t get_u32(struct cursor *c)
{
	GET(uint32_t, le32toh);
}

uint64_t get_u64(struct cursor *c)
{
	GET(uint64_t, le64toh);
}

void get_str(struct cursor *c, char *out, size_t size)
{
	size_t len = get_u16(c);
	const char *p = get_bytes(c, len);

	out[0] = '\0';
	if (!p)
		return;
	if (len >= size || memchr(p, '\0', len)) {
		c->bad = true;
		return;
	}
	memcpy(out, p, len);
	out[len] = '\0';
}

static void set_n(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static void put_n(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	set_n(bytes, v, n);
	buf_add(b, bytes, n);
}

void put_u8(struct buf *b, uint8_t v)
{
	put_n(b, v, 1);
}

void put_u16(struct buf *b, uint16_t v)
{
	put_n(b, v, 2);
}

void put_u32(struct buf *b, uint32_t v)
{
	put_n(b, v, 4);
}

void put_u64(struct buf *b, uint64_t v)
{
	put_n(b, v, 8);
}

void put_str(struct buf *b, const char *text)
{
	size_t len = strnlen(text, UINT16_MAX);

	put_u16(b, (uint16_t)len);
	buf_add(b, text, len);
}

void set_u16(void *p, uint16_t v)
{
	set_n(p, v, 2);
}

void set_u32(void *p, uint32_t v)
{
	set_n(p, v, 4);
}

void set_u64(void *p, uint64_t v)
{
	set_n(p, v, 8);
}
