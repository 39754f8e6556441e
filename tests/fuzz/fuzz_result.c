/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_result.c - any bytes as the result of a chunk; what was read is all
 * inside, and is written and read again */

#include <stdlib.h>
#include <string.h>

#include "api/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t sum_of(const struct belay_array *arrays, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *bytes = arrays[i].data;

		sum += strlen(arrays[i].name);
		for (unsigned k = 0; k < arrays[i].dims; k++)
			sum += arrays[i].shape[k];
		for (uint64_t k = belay_array_bytes(&arrays[i]); k > 0; k--)
			sum += bytes[k - 1];
	}
	return sum;
}

static void write_and_read(const struct belay_array *arrays, unsigned n)
{
	_auto_buf_ struct buf again = { 0 };
	struct belay_array *same = NULL;
	unsigned m = 0;

	if (api_encode_result(arrays, n, &again, NULL) < 0)
		return;		/* names that no program can give */
	if (api_decode_result(again.data, again.len, &same, &m, NULL) < 0 ||
	    m != n || sum_of(arrays, n) != sum_of(same, m))
		abort();
	free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct belay_array *arrays = NULL;
	void *exact = malloc(size ? size : 1);	/* aligned, and no byte more */
	unsigned n = 0;

	if (size)
		memcpy(exact, data, size);
	if (api_decode_result(exact, size, &arrays, &n, NULL) == 0)
		write_and_read(arrays, n);
	free(arrays);
	free(exact);
	return 0;
}
