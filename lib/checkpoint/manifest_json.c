/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_json.c - MANIFEST as JSON, sealed by its last member */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "checkpoint/manifest.h"

static int by_name(const void *a, const void *b)
{
	const struct checkpoint_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void manifest_put_file(const struct checkpoint_file *f, struct json_out *o)
{
	char hex[DIGEST_HEX], mode[8];

	digest_format(&f->digest, hex);
	snprintf(mode, sizeof(mode), "%04o", f->mode & 0777);
	json_open(o, NULL, '{');
	json_put_str(o, "name", f->name);
	json_put_u64(o, "size", f->size);
	json_put_str(o, "mode", mode);
	json_put_str(o, "digest", hex);
	json_close(o, '}');
}

static void encode_head(const struct checkpoint *c, struct json_out *o)
{
	char id[24];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)c->id);
	json_put_u64(o, "format", c->ranks ? MANIFEST_PACKED :
					     MANIFEST_FORMAT);
	json_put_str(o, "run_submission", c->submission);
	/* of several ranks nobody knows which number it will be */
	if (!c->ranks)
		json_put_str(o, "id", id);
	json_put_u64(o, "attempt", c->attempt);
	json_put_str(o, "writer", c->writer);
	json_put_time(o, "created", c->created_us);
	json_put_str(o, "label", c->label);
	json_put_u64(o, "bytes", c->bytes);
	json_put_u64(o, "chunks_done", c->chunks_done);
}

static void encode_files(struct checkpoint *c, struct json_out *o)
{
	if (c->n_files)
		qsort(c->files, c->n_files, sizeof(*c->files), by_name);
	json_open(o, "files", '[');
	for (unsigned i = 0; i < c->n_files; i++)
		manifest_put_file(&c->files[i], o);
	json_close(o, ']');
}

static void encode_parts(const struct checkpoint *c, struct json_out *o)
{
	json_put_u64(o, "step", c->step);
	json_put_u64(o, "stored", c->stored);
	progress_put(&c->progress, o);
	json_put_u64(o, "ranks", c->ranks);
	json_open(o, "parts", '[');
	for (unsigned i = 0; i < c->ranks; i++)
		part_put(i, &c->parts[i], o);
	json_close(o, ']');
}

int manifest_encode(struct checkpoint *c, struct buf *out,
		    struct belay_error *err)
{
	struct json_out o = { .buf = out };

	json_open(&o, NULL, '{');
	encode_head(c, &o);
	if (c->ranks)
		encode_parts(c, &o);
	else
		encode_files(c, &o);
	json_seal(&o);
	if (out->failed)
		return err_nomem(err);
	if (out->len > JSON_MAX_BYTES)
		return err_set(err, BELAY_EINVAL, "too many files for one "
			       "checkpoint: %u; pack them",
			       c->ranks + c->n_files);
	return 0;
}

static int bad(struct belay_error *err, const char *what)
{
	return err_set(err, BELAY_ECORRUPT, MANIFEST " %s", what);
}

static int decode_mode(const struct json *j, unsigned *mode)
{
	const char *text = json_str(j, "mode", "");
	char *end;
	unsigned long v = strtoul(text, &end, 8);

	if (end == text || *end || v > 0777 || *text == '-')
		return -1;
	*mode = (unsigned)v;
	return 0;
}

static int decode_file(const struct json *j, struct checkpoint *c,
		       struct belay_error *err)
{
	const char *name = json_str(j, "name", NULL);
	uint64_t size = json_u64(j, "size", UINT64_MAX);
	struct digest digest;
	unsigned mode;

	if (!name || size == UINT64_MAX || decode_mode(j, &mode) < 0 ||
	    digest_parse(json_str(j, "digest", ""), &digest) < 0)
		return bad(err, "has a file without name, size, mode or "
			   "digest");
	if (manifest_add(c, name, size, mode, err) < 0) {
		if (err && err->code == BELAY_EINVAL)
			err->code = BELAY_ECORRUPT;
		return err_prefix(err, MANIFEST);
	}
	c->files[c->n_files - 1].digest = digest;
	return 0;
}

static int decode_files(const struct json *files, struct checkpoint *c,
			struct belay_error *err)
{
	if (!files || files->type != JSON_ARRAY)
		return bad(err, "lists no files");
	for (const struct json *j = files->child; j; j = j->next)
		if (decode_file(j, c, err) < 0)
			return -1;
	if (c->n_files)
		qsort(c->files, c->n_files, sizeof(*c->files), by_name);
	for (unsigned i = 1; i < c->n_files; i++)
		if (!strcmp(c->files[i - 1].name, c->files[i].name))
			return bad(err, "names a file twice");
	return 0;
}

static int decode_head(const struct json *j, struct checkpoint *c,
		       struct belay_error *err)
{
	uint64_t format = json_u64(j, "format", 0);

	if (format > MANIFEST_PACKED)
		return err_set(err, BELAY_EFAILED, MANIFEST " has format %llu "
			       "of a newer belay", (unsigned long long)format);
	if (!format || (format == MANIFEST_FORMAT &&
	    text_u64(json_str(j, "id", ""), UINT64_MAX, &c->id) < 0))
		return bad(err, "has no format or id");
	if (format == MANIFEST_PACKED)
		c->ranks = (unsigned)json_u64(j, "ranks", 0);
	if (format == MANIFEST_PACKED &&
	    (!c->ranks || c->ranks > CHECKPOINT_RANKS_MAX))
		return bad(err, "has no ranks, or too many");
	c->attempt = (unsigned)json_u64(j, "attempt", 0);
	c->created_us = clock_iso_parse(json_str(j, "created", ""));
	c->chunks_done = json_u64(j, "chunks_done", 0);
	snprintf(c->submission, sizeof(c->submission), "%s",
		 json_str(j, "run_submission", ""));
	snprintf(c->writer, sizeof(c->writer), "%s", json_str(j, "writer", ""));
	snprintf(c->label, sizeof(c->label), "%s", json_str(j, "label", ""));
	return 0;
}

/* A part of each rank, in their order, no less, no more. */
static int decode_parts(const struct json *j, struct checkpoint *c,
			struct belay_error *err)
{
	const struct json *part = json_get(j, "parts");
	unsigned rank, n = 0;

	c->parts = calloc(c->ranks, sizeof(*c->parts));
	if (!c->parts)
		return err_nomem(err);
	c->step = json_u64(j, "step", 0);
	c->stored = json_u64(j, "stored", 0);
	progress_get(j, &c->progress);
	for (part = part ? part->child : NULL; part; part = part->next, n++) {
		if (n >= c->ranks || part_get(part, &rank, &c->parts[n]) < 0 ||
		    rank != n || c->parts[n].bytes > INT64_MAX - c->bytes)
			return bad(err, "has a part that makes no sense");
		c->bytes += c->parts[n].bytes;
	}
	return n == c->ranks ? 0 : bad(err, "lacks a part");
}

static int decode_content(const struct json *j, struct checkpoint *c,
			  struct belay_error *err)
{
	return c->ranks ? decode_parts(j, c, err) :
			  decode_files(json_get(j, "files"), c, err);
}

static int decode(const char *text, size_t len, struct checkpoint *c,
		  struct belay_error *err)
{
	_auto_json_ struct json *j = NULL;

	if (json_check_seal(text, len, err) < 0)
		return err_prefix(err, MANIFEST);
	j = json_parse(text, len, err);
	if (!j) {
		if (err && err->code != BELAY_EFAILED)
			err->code = BELAY_ECORRUPT;
		return err_prefix(err, MANIFEST);
	}
	if (decode_head(j, c, err) < 0 || decode_content(j, c, err) < 0)
		return -1;
	if (c->bytes != json_u64(j, "bytes", UINT64_MAX))
		return bad(err, "has sizes that do not add up");
	return 0;
}

int manifest_decode(const char *text, size_t len, struct checkpoint *c,
		    struct belay_error *err)
{
	*c = (struct checkpoint){ 0 };
	if (decode(text, len, c, err) < 0) {
		checkpoint_fini(c);
		return -1;
	}
	return 0;
}
