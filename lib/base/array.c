/* SPDX-License-Identifier: Apache-2.0 */
/* array.c - how many bytes a typed array has, and what it is called */

#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"

static const uint8_t sizes[] = {
	[BELAY_BYTES] = 1,
	[BELAY_I8] = 1, [BELAY_I16] = 2, [BELAY_I32] = 4, [BELAY_I64] = 8,
	[BELAY_U8] = 1, [BELAY_U16] = 2, [BELAY_U32] = 4, [BELAY_U64] = 8,
	[BELAY_F16] = 2, [BELAY_F32] = 4, [BELAY_F64] = 8,
	[BELAY_C64] = 8, [BELAY_C128] = 16,
	[BELAY_BOOL] = 1, [BELAY_BF16] = 2,
};

size_t belay_type_size(enum belay_type type)
{
	unsigned n = (unsigned)type;

	return n < sizeof(sizes) / sizeof(sizes[0]) ? sizes[n] : 0;
}

uint64_t belay_array_bytes(const struct belay_array *a)
{
	uint64_t bytes = a ? belay_type_size(a->type) : 0;
	int too_much = !bytes || a->dims > BELAY_DIMS_MAX ||
		       (a->dims && !a->shape);

	for (unsigned i = 0; !too_much && i < a->dims; i++)
		if (!a->shape[i])
			return 0;
	for (unsigned i = 0; !too_much && i < a->dims; i++)
		too_much = __builtin_mul_overflow(bytes, a->shape[i], &bytes);
	return too_much ? UINT64_MAX : bytes;
}

const char *array_type_word(enum belay_type type)
{
	static const char *const words[] = {
		[BELAY_BYTES] = "bytes", [BELAY_I8] = "i8",
		[BELAY_I16] = "i16", [BELAY_I32] = "i32", [BELAY_I64] = "i64",
		[BELAY_U8] = "u8", [BELAY_U16] = "u16", [BELAY_U32] = "u32",
		[BELAY_U64] = "u64", [BELAY_F16] = "f16", [BELAY_F32] = "f32",
		[BELAY_F64] = "f64", [BELAY_C64] = "c64",
		[BELAY_C128] = "c128", [BELAY_BOOL] = "bool",
		[BELAY_BF16] = "bf16",
	};

	return type < sizeof(words) / sizeof(words[0]) ? words[type] : "?";
}

void array_say(enum belay_type type, unsigned dims, const uint64_t *shape,
	       char out[ARRAY_WORDS])
{
	int len = snprintf(out, ARRAY_WORDS, "%s", array_type_word(type));

	for (unsigned i = 0; i < dims && i < BELAY_DIMS_MAX; i++)
		len += snprintf(out + len, ARRAY_WORDS - (size_t)len,
				"%s%" PRIu64 "%s", i ? ", " : " [", shape[i],
				i + 1 < dims ? "" : "]");
}
