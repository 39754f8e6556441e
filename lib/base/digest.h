/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - checksums of bytes: XXH3 (https://xxhash.com), 64 and 128 bits
 *
 * They find damage, not forgery: a run's files are their owner's anyway.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 33		/* 32 digits and the NUL */

struct digest {
	uint8_t bytes[16];	/* XXH3-128, canonical (big-endian) form */
};

/* A chained 64-bit check: seed is the check of what came before. */
uint64_t check64(const void *data, size_t len, uint64_t seed);

struct digest digest_of(const void *data, size_t len);

/* The same over a stream: NULL when out of memory. */
struct digest_state *digest_start(void);
void digest_add(struct digest_state *s, const void *data, size_t len);
struct digest digest_end(struct digest_state *s);	/* frees s */

void digest_format(const struct digest *d, char hex[DIGEST_HEX]);
int digest_parse(const char *hex, struct digest *d);	/* 0, or -1 */

#endif /* BASE_DIGEST_H */
