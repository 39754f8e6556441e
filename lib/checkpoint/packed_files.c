/* SPDX-License-Identifier: Apache-2.0 */
/* packed_files.c - entries of a packed checkpoint, written as files */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "checkpoint/manifest.h"
#include "checkpoint/packed_files.h"
#include "fs/tree.h"

#define STEP (4u << 20)

struct packed_files {
	struct packed_reader *reader;
	struct checkpoint list;
};

/* ---- NumPy ---- */

static const char *npy_type(enum belay_type type)
{
	static const char *const words[] = {
		[BELAY_I8] = "|i1", [BELAY_I16] = "<i2", [BELAY_I32] = "<i4",
		[BELAY_I64] = "<i8", [BELAY_U8] = "|u1", [BELAY_U16] = "<u2",
		[BELAY_U32] = "<u4", [BELAY_U64] = "<u8", [BELAY_F16] = "<f2",
		[BELAY_F32] = "<f4", [BELAY_F64] = "<f8", [BELAY_C64] = "<c8",
		[BELAY_C128] = "<c16", [BELAY_BOOL] = "|b1",
	};

	return type < sizeof(words) / sizeof(words[0]) ? words[type] : NULL;
}

/* Magic, version, u16 length of the text behind; all a multiple of 64. */
bool packed_npy_header(const struct belay_entry *e, struct buf *out)
{
	const char *type = npy_type(e->type);
	unsigned char length[2];
	_auto_buf_ struct buf text = { 0 };
	size_t pad;

	if (!type)
		return false;
	buf_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (",
		   type);
	for (unsigned i = 0; i < e->dims; i++)
		buf_printf(&text, "%llu,%s", (unsigned long long)e->shape[i],
			   i + 1 < e->dims ? " " : "");
	buf_puts(&text, "), }");
	pad = 63 - (10 + text.len) % 64;
	buf_printf(&text, "%*s\n", (int)pad, "");
	length[0] = (unsigned char)(text.len & 0xff);
	length[1] = (unsigned char)(text.len >> 8);
	buf_add(out, "\x93NUMPY\x01\x00", 8);
	buf_add(out, length, 2);
	buf_add(out, buf_text(&text), text.len);
	return true;
}

/* ---- the list ---- */

static int add(struct packed_files *f, const struct belay_entry *e,
	       struct belay_error *err)
{
	char name[PATH_MAX];

	if (text_format(name, sizeof(name), "%u/%s%s", e->rank, e->name,
			npy_type(e->type) ? ".npy" : "") < 0)
		return err_set(err, BELAY_EINVAL, "path is too long: '%s'",
			       e->name);
	return manifest_add(&f->list, name, e->bytes, 0600, err);
}

static int list(struct packed_files *f, struct belay_error *err)
{
	const struct belay_entry *e;

	if (packed_count(f->reader, err) < 0)
		return -1;
	for (size_t i = 0; (e = packed_entry(f->reader, i)); i++)
		if (add(f, e, err) < 0)
			return -1;
	return 0;
}

struct packed_files *packed_files_open(const struct run *r,
				       const struct checkpoint *c,
				       struct belay_error *err)
{
	struct packed_files *f = calloc(1, sizeof(*f));

	if (!f) {
		err_nomem(err);
		return NULL;
	}
	f->reader = packed_open(r, c, err);
	if (f->reader && list(f, err) == 0)
		return f;
	packed_files_close(f);
	return NULL;
}

void packed_files_close(struct packed_files *f)
{
	if (!f)
		return;
	packed_close(f->reader);
	checkpoint_fini(&f->list);
	free(f);
}

const struct checkpoint *packed_files_list(const struct packed_files *f)
{
	return &f->list;
}

/* ---- bytes ---- */

int packed_files_write(struct packed_files *f, unsigned i, int to,
		       struct belay_error *err)
{
	const struct belay_entry *e = packed_entry(f->reader, i);
	const char *name = f->list.files[i].name;
	_auto_buf_ struct buf header = { 0 };
	_auto_free_ char *room = malloc(STEP);
	int rc = 0;

	packed_npy_header(e, &header);
	if (!room || header.failed)
		return err_nomem(err);
	if (header.len)
		rc = fs_append(to, header.data, header.len, name, err);
	for (uint64_t at = 0; rc == 0 && at < e->bytes; at += STEP) {
		uint64_t n = e->bytes - at < STEP ? e->bytes - at : STEP;

		if (packed_read(f->reader, e, at, room, n, 0, err) < 0)
			return -1;
		rc = fs_append(to, room, n, name, err);
		fs_write_soon(to);
	}
	return rc;
}
