/* SPDX-License-Identifier: Apache-2.0 */
/* array.h - typed arrays: what may be one, and results made of them ⇄ bytes */
#ifndef API_ARRAY_H
#define API_ARRAY_H

#include "base/buf.h"
#include "base/error.h"

/* May it be stored?  unnamed: its name may be empty. */
int api_check_array(const struct belay_array *a, bool unnamed,
		    struct belay_error *err);

/* Append the result that doc/FORMAT.md draws; out->len is a multiple of 8. */
int api_encode_result(const struct belay_array *arrays, unsigned n,
		      struct buf *out, struct belay_error *err);
/*
 * The arrays of a result; they point into bytes, which are aligned to 8 and
 * stay.  *arrays is for free(3), NULL when there are none.  Bytes that are no
 * result: -1 with BELAY_ECORRUPT.
 */
int api_decode_result(const void *bytes, size_t len,
		      struct belay_array **arrays, unsigned *n,
		      struct belay_error *err);

#endif /* API_ARRAY_H */
