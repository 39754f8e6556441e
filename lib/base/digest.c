/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c - checksums of bytes by the xxHash library */

#include <string.h>

#include <xxhash.h>

#include "base/digest.h"
#include "base/text.h"

/* XXH3's values are stable from 0.8.0 on; before that they are another hash. */
_Static_assert(XXH_VERSION_NUMBER >= 800, "xxHash 0.8.0 or later is needed");

static struct digest canonical(XXH128_hash_t h)
{
	XXH128_canonical_t c;
	struct digest d;

	XXH128_canonicalFromHash(&c, h);
	memcpy(d.bytes, c.digest, sizeof(d.bytes));
	return d;
}

uint64_t check64(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}

struct digest digest_of(const void *data, size_t len)
{
	return canonical(XXH3_128bits(data, len));
}

struct digest_state *digest_start(void)
{
	XXH3_state_t *s = XXH3_createState();

	if (s && XXH3_128bits_reset(s) != XXH_OK) {
		XXH3_freeState(s);
		s = NULL;
	}
	return (struct digest_state *)s;
}

void digest_add(struct digest_state *s, const void *data, size_t len)
{
	XXH3_128bits_update((XXH3_state_t *)s, data, len);
}

struct digest digest_end(struct digest_state *s)
{
	struct digest d = canonical(XXH3_128bits_digest((XXH3_state_t *)s));

	XXH3_freeState((XXH3_state_t *)s);
	return d;
}

void digest_format(const struct digest *d, char hex[DIGEST_HEX])
{
	text_hex(d->bytes, sizeof(d->bytes), hex);
}

int digest_parse(const char *hex, struct digest *d)
{
	return text_unhex(hex, d->bytes, sizeof(d->bytes));
}
