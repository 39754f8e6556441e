/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - little-endian numbers and strings, with a limit on both sides */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A cursor over bytes that are not trusted.  A read past the end returns 0 or
 * "" and sets `bad`, which stays set: decode everything, then look once.
 */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct cursor cursor_over(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cursor){ .at = p, .end = p + len };
}

uint8_t get_u8(struct cursor *c);
uint16_t get_u16(struct cursor *c);
uint32_t get_u32(struct cursor *c);
uint64_t get_u64(struct cursor *c);
/* n raw bytes inside the cursor's memory, or NULL. */
const void *get_bytes(struct cursor *c, size_t n);
/* A u16 length and that many bytes, copied to out[size] with a NUL; longer
 * than size - 1, or with a NUL inside, is bad. */
void get_str(struct cursor *c, char *out, size_t size);

void put_u8(struct buf *b, uint8_t v);
void put_u16(struct buf *b, uint16_t v);
void put_u32(struct buf *b, uint32_t v);
void put_u64(struct buf *b, uint64_t v);
void put_str(struct buf *b, const char *text);	/* cut at 65535 bytes */

/* The same into fixed memory. */
void set_u16(void *p, uint16_t v);
void set_u32(void *p, uint32_t v);
void set_u64(void *p, uint64_t v);

#endif /* BASE_BYTES_H */
