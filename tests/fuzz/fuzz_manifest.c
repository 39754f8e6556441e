/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_manifest.c - any bytes as a MANIFEST
 *
 * A check keeps random bytes out, so each input is also given a right one.
 * What was read is written and read again, and names no file outside.
 */

#include <stdlib.h>
#include <string.h>

#include "checkpoint/manifest.h"
#include "checkpoint/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct checkpoint *c)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < c->n_files; i++) {
		if (manifest_name_fault(c->files[i].name) ||
		    c->files[i].mode > 0777)
			abort();
		bytes += c->files[i].size;
	}
	for (unsigned i = 0; i < c->ranks; i++) {
		for (unsigned k = 0; k < c->parts[i].n_parents; k++)
			if (!packed_is_parent(c->parts[i].parent[k].name))
				abort();
		bytes += c->parts[i].bytes;
	}
	if (bytes != c->bytes)
		abort();
}

static void read_and_write(const char *text, size_t len)
{
	_auto_checkpoint_ struct checkpoint c = { 0 }, again = { 0 };
	_auto_buf_ struct buf out = { 0 };

	if (manifest_decode(text, len, &c, NULL) < 0)
		return;
	check_names(&c);
	if (manifest_encode(&c, &out, NULL) < 0)
		return;
	if (manifest_decode(buf_text(&out), out.len, &again, NULL) < 0 ||
	    again.n_files != c.n_files || again.ranks != c.ranks)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_buf_ struct buf sealed = { 0 };
	struct json_out o = { .buf = &sealed, .depth = 1 };

	read_and_write((const char *)data, size);
	buf_add(&sealed, data, size);
	json_seal(&o);
	if (!sealed.failed)
		read_and_write(sealed.data, sealed.len);
	return 0;
}
