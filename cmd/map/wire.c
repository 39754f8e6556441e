/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - what coordinator and workers say to each other, as bytes */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cmd/map/wire.h"

/* One letter per field, in the order of the bytes. */
static const struct shape {
	enum wire_type type;
	const char *fields;
} shapes[] = {
	{ WIRE_HELLO, "pnu" },
	{ WIRE_BEGUN, "ct" },
	{ WIRE_OUTPUT, "cub" },
	{ WIRE_RESULT, "ctkvdr" },
	{ WIRE_SIGNAL, "u" },
	{ WIRE_BYE, "" },
	{ WIRE_STUCK, "cr" },
	{ WIRE_WORK, "b" },
	{ WIRE_RUN, "ctb" },
	{ WIRE_STOP, "" },
	{ WIRE_BEAT, "" },
};

static const char *fields_of(unsigned type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].type == type)
			return shapes[i].fields;
	return NULL;
}

static void put_blob(struct buf *b, const void *data, uint32_t len)
{
	put_u32(b, len);
	buf_add(b, data, len);
}

static void put_field(const struct wire *w, char field, struct buf *b)
{
	switch (field) {
	case 'p': put_u32(b, w->protocol); break;
	case 'n': put_str(b, w->node); break;
	case 'u': put_u32(b, w->number); break;
	case 'c': put_u64(b, w->chunk); break;
	case 't': put_u32(b, w->try); break;
	case 'k': put_u8(b, w->kind); break;
	case 'v': put_u32(b, (uint32_t)w->value); break;
	case 'd': put_u64(b, w->duration_us); break;
	case 'r': put_str(b, w->reason); break;
	case 'b': put_blob(b, w->blob, w->blob_len); break;
	}
}

void wire_encode(const struct wire *w, struct buf *out)
{
	put_u8(out, (uint8_t)w->type);
	for (const char *f = fields_of(w->type); *f; f++)
		put_field(w, *f, out);
}

static const void *get_blob(struct cursor *c, uint32_t *len)
{
	uint32_t n = get_u32(c);

	if (n > WIRE_BLOB_MAX)
		c->bad = true;
	*len = c->bad ? 0 : n;
	return get_bytes(c, *len);
}

static void get_field(struct cursor *c, char field, struct wire *w)
{
	switch (field) {
	case 'p': w->protocol = get_u32(c); break;
	case 'n': get_str(c, w->node, sizeof(w->node)); break;
	case 'u': w->number = get_u32(c); break;
	case 'c': w->chunk = get_u64(c); break;
	case 't': w->try = get_u32(c); break;
	case 'k': w->kind = get_u8(c); break;
	case 'v': w->value = (int32_t)get_u32(c); break;
	case 'd': w->duration_us = get_u64(c); break;
	case 'r': get_str(c, w->reason, sizeof(w->reason)); break;
	case 'b': w->blob = get_blob(c, &w->blob_len); break;
	}
}

int wire_decode(const void *data, size_t len, struct wire *w,
		struct belay_error *err)
{
	struct cursor c = cursor_over(data, len);
	uint8_t type = get_u8(&c);
	const char *fields = fields_of(type);

	memset(w, 0, sizeof(*w));
	if (!fields)
		return err_set(err, BELAY_ECORRUPT, "message of an unknown "
			       "type: %u", type);
	w->type = type;
	for (; *fields; fields++)
		get_field(&c, *fields, w);
	if (c.bad || c.at != c.end)
		return err_set(err, BELAY_ECORRUPT, "message of a wrong "
			       "length: type %u, %zu bytes", type, len);
	return 0;
}

/* ---- work --------------------------------------------------------------- */

static void put_path(struct buf *out, const char *path)
{
	put_u8(out, path != NULL);
	put_str(out, path ? path : "");
}

void work_encode(const struct work *w, struct buf *out)
{
	put_u32(out, w->attempt);
	put_u32(out, w->slots);
	put_u64(out, (uint64_t)(w->timeout_s * 1e6 + 0.5));
	put_str(out, w->set);
	put_str(out, w->run);
	put_path(out, w->into);
	put_path(out, w->output);
	put_u32(out, w->command->argc);
	for (unsigned i = 0; i < w->command->argc; i++)
		put_blob(out, w->command->argv[i],
			 (uint32_t)strlen(w->command->argv[i]));
}

static const char *get_path(struct cursor *c, char *out, size_t size)
{
	uint8_t given = get_u8(c);

	if (given > 1)
		c->bad = true;
	get_str(c, out, size);
	if (!given && *out)
		c->bad = true;
	return given ? out : NULL;
}

static int get_argv(struct cursor *c, struct command *command)
{
	uint32_t argc = get_u32(c), len;
	const char *arg;

	/* each argument takes four bytes at least: no more memory than that */
	if (c->bad || !argc || argc > (size_t)(c->end - c->at) / 4) {
		c->bad = true;
		return 0;
	}
	command->argv = calloc(argc + 1, sizeof(*command->argv));
	for (; command->argv && command->argc < argc; command->argc++) {
		arg = get_blob(c, &len);
		if (c->bad || memchr(arg, '\0', len)) {
			c->bad = true;
			return 0;
		}
		command->argv[command->argc] = strndup(arg, len);
		if (!command->argv[command->argc])
			return -1;
	}
	return command->argv ? 0 : -1;
}

int work_decode(const void *data, size_t len, struct work_box *box,
		struct belay_error *err)
{
	struct cursor c = cursor_over(data, len);
	struct work *w = &box->work;
	int rc;

	memset(box, 0, sizeof(*box));
	w->attempt = get_u32(&c);
	w->slots = get_u32(&c);
	w->timeout_s = (double)get_u64(&c) / 1e6;
	get_str(&c, box->set, sizeof(box->set));
	get_str(&c, box->run, sizeof(box->run));
	w->into = get_path(&c, box->into, sizeof(box->into));
	w->output = get_path(&c, box->output, sizeof(box->output));
	rc = get_argv(&c, &box->command);
	w->set = box->set;
	w->run = box->run;
	w->command = &box->command;
	if (rc == 0 && !c.bad && c.at == c.end)
		return 0;
	work_box_fini(box);
	return rc < 0 ? err_nomem(err) :
	       err_set(err, BELAY_ECORRUPT, "work that cannot be understood");
}

void work_box_fini(struct work_box *box)
{
	command_fini(&box->command);
}
