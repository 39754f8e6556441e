/* SPDX-License-Identifier: Apache-2.0 */
/* array.h - typed arrays in words */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include "belay/belay.h"

/* "f64"; "?": no such type. */
const char *array_type_word(enum belay_type type);

/* "f64 [3, 4]", or "f64" of a scalar; room for BELAY_DIMS_MAX dimensions. */
#define ARRAY_WORDS 384
void array_say(enum belay_type type, unsigned dims, const uint64_t *shape,
	       char out[ARRAY_WORDS]);

#endif /* BASE_ARRAY_H */
