/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_snapshot.c - any bytes as the body of a snapshot, its checks made right;
 * what was read is written and read again */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"
#include "chunk/state.h"

#define HEADER 56

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run run = { .submission = "0123456789abcdef0123456789abcdef" };

static void read_and_write(const void *bytes, size_t len)
{
	struct chunk_state *s = chunk_snapshot_decode(&run, 2, bytes, len), *t;
	_auto_buf_ struct buf again = { 0 };

	if (!s)
		return;
	chunk_snapshot_encode(&run, 2, s, &again);
	t = chunk_snapshot_decode(&run, 2, again.data, again.len);
	if (!t)
		abort();
	chunk_state_free(s);
	chunk_state_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = calloc(1, HEADER + size);

	read_and_write(data, size);
	if (size)
		memcpy(bytes + HEADER, data, size);
	memcpy(bytes, "BELAYS1\n", 8);
	set_u32(bytes + 8, 1);
	set_u32(bytes + 12, 2);
	text_unhex(run.submission, bytes + 16, 16);
	set_u64(bytes + 32, size);
	set_u64(bytes + 40, check64(bytes + HEADER, size, 0));
	set_u64(bytes + 48, check64(bytes, 48, 0));
	read_and_write(bytes, HEADER + size);
	free(bytes);
	return 0;
}
