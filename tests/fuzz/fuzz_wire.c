/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_wire.c - any bytes as a message between coordinator and worker
 *
 * What is understood is said again in the same bytes.
 */

#include <stdlib.h>
#include <string.h>

#include "cmd/map/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct buf *said, const void *heard, size_t len)
{
	if (said->failed)
		return;
	if (said->len != len || memcmp(buf_text(said), heard, len))
		abort();
}

static void work(const void *data, size_t size)
{
	_auto_buf_ struct buf said = { 0 };
	struct work_box box;
	uint64_t us;

	if (work_decode(data, size, &box, NULL) < 0)
		return;
	work_encode(&box.work, &said);
	/* microseconds do not all survive being seconds */
	memcpy(&us, (const char *)data + 8, sizeof(us));
	if (us < 1ull << 50)
		again(&said, data, size);
	work_box_fini(&box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_buf_ struct buf said = { 0 };
	struct wire w;

	if (wire_decode(data, size, &w, NULL) < 0)
		return 0;
	wire_encode(&w, &said);
	again(&said, data, size);
	if (w.type == WIRE_WORK)
		work(w.blob, w.blob_len);
	return 0;
}
