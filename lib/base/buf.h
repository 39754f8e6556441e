/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - bytes that grow, always ended by a NUL that is not counted */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Start from { 0 }.  When memory runs out `failed` is set and stays set, and
 * further additions do nothing: check once, at the end.
 */
struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

void buf_free(struct buf *b);		/* to { 0 } again */
void buf_clear(struct buf *b);		/* empty, memory kept */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for len more bytes, not counted until buf.len is raised; or NULL. */
void *buf_room(struct buf *b, size_t len);
const char *buf_text(const struct buf *b);	/* "" when empty */

#define _auto_buf_ __attribute__((cleanup(buf_free)))

#endif /* BASE_BUF_H */
