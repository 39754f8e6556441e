/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_record.c - any bytes as run.json, begin.json, end.json, decision.json
 *
 * The first byte says which, the second whether they get a right check.  What
 * was read is written and read again, and is the same then.
 */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run run = { .submission = "0123456789abcdef0123456789abcdef" };

static void *decode(uint8_t kind, const struct buf *text)
{
	static struct run found;

	memset(&found, 0, sizeof(found));
	switch (kind) {
	case 0: return begin_decode(&run, 3, text, NULL);
	case 1: return end_decode(&run, 3, text, NULL);
	case 2: return decided_decode(&run, 3, text, NULL);
	default: return run_decode(text, &found, NULL) < 0 ? NULL : &found;
	}
}

static void encode(uint8_t kind, const void *record, struct buf *out)
{
	switch (kind) {
	case 0: begin_encode(&run, 3, record, out); break;
	case 1: end_encode(&run, 3, record, out); break;
	case 2: decided_encode(&run, 3, record, out); break;
	default: run_encode(record, out); break;
	}
}

static void release(uint8_t kind, void *record)
{
	switch (kind) {
	case 0: begin_free(record); break;
	case 1: end_free(record); break;
	case 2: decided_free(record); break;
	default: break;		/* static */
	}
}

static void read_and_write(uint8_t kind, const struct buf *text)
{
	_auto_buf_ struct buf once = { 0 }, twice = { 0 };
	void *record = decode(kind, text);

	if (!record)
		return;
	encode(kind, record, &once);
	release(kind, record);
	record = once.failed ? NULL : decode(kind, &once);
	if (!record)
		abort();
	encode(kind, record, &twice);
	release(kind, record);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .depth = 1 };

	if (size < 2)
		return 0;
	buf_add(&text, data + 2, size - 2);
	if (data[1] & 1)
		json_seal(&o);
	if (!text.failed)
		read_and_write(data[0] & 3, &text);
	return 0;
}
