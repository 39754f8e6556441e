/* SPDX-License-Identifier: Apache-2.0 */
/* result.c - the arrays of a result ⇄ bytes */

#include <stdlib.h>
#include <string.h>

#include "api/array.h"
#include "base/bytes.h"

#define HEAD 8u			/* of the result, and of each array */

/* ---- to bytes ---- */

static void pad(struct buf *out)
{
	static const char zeros[8];

	buf_add(out, zeros, -out->len & 7);
}

static void put_array(struct buf *out, const struct belay_array *a)
{
	put_u8(out, (uint8_t)a->type);
	put_u8(out, (uint8_t)a->dims);
	put_u16(out, (uint16_t)strlen(a->name));
	put_u32(out, 0);
	buf_add(out, a->name, strlen(a->name) + 1);
	pad(out);
	for (unsigned i = 0; i < a->dims; i++)
		put_u64(out, a->shape[i]);
	buf_add(out, a->data, (size_t)belay_array_bytes(a));
	pad(out);
}

static bool is_repeated(const struct belay_array *arrays, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (!strcmp(arrays[k].name, arrays[i].name))
			return true;
	return false;
}

int api_encode_result(const struct belay_array *arrays, unsigned n,
		      struct buf *out, struct belay_error *err)
{
	if (n > UINT16_MAX)
		return err_set(err, BELAY_EINVAL, "a result has at most %d "
			       "arrays", UINT16_MAX);
	put_u16(out, (uint16_t)n);
	pad(out);
	for (unsigned i = 0; i < n; i++) {
		if (api_check_array(&arrays[i], true, err) < 0)
			return -1;
		if (is_repeated(arrays, i))
			return err_set(err, BELAY_EINVAL, "two arrays of a "
				       "result are called '%s'",
				       arrays[i].name);
		put_array(out, &arrays[i]);
	}
	return out->failed ? err_nomem(err) : 0;
}

/* ---- from bytes ---- */

/* The next n bytes, and the cursor at a multiple of 8 behind them. */
static void *take(struct cursor *in, uint64_t n)
{
	const void *at = NULL;

	if (n <= (uint64_t)(in->end - in->at)) {
		at = get_bytes(in, n);
		get_bytes(in, -n & 7);
	} else {
		in->bad = true;
	}
	return (void *)(uintptr_t)at;
}

static void get_array(struct cursor *in, struct belay_array *a)
{
	uint64_t name;

	a->type = get_u8(in);
	a->dims = get_u8(in);
	name = get_u16(in);
	get_u32(in);
	a->name = take(in, name + 1);
	if (in->bad || a->dims > BELAY_DIMS_MAX || name > BELAY_NAME_MAX ||
	    strnlen(a->name, name + 1) != name) {
		in->bad = true;
		return;
	}
	a->shape = take(in, a->dims * sizeof(*a->shape));
	if (!in->bad)
		a->data = take(in, belay_array_bytes(a));
}

int api_decode_result(const void *bytes, size_t len,
		      struct belay_array **arrays, unsigned *n,
		      struct belay_error *err)
{
	struct cursor in = cursor_over(bytes, len);
	unsigned count = get_u16(&in);
	struct belay_array *a;

	get_bytes(&in, HEAD - 2);
	if (in.bad || count > (len - HEAD) / HEAD)
		return err_set(err, BELAY_ECORRUPT, "not a result");
	a = calloc(count + 1, sizeof(*a));
	if (!a)
		return err_nomem(err);
	for (unsigned i = 0; i < count && !in.bad; i++)
		get_array(&in, &a[i]);
	if (in.bad || in.at != in.end) {
		free(a);
		return err_set(err, BELAY_ECORRUPT, "not a result");
	}
	*arrays = a;
	*n = count;
	return 0;
}
