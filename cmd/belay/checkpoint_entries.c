/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_entries.c - the arrays in a packed checkpoint, as they are shown */

#include <stdio.h>

#include "base/array.h"
#include "base/text.h"
#include "checkpoint/packed.h"
#include "cmd/belay/checkpoint.h"

/* Call f for each entry, by rank and in the order of the puts. */
static int each(const struct run *r, const struct checkpoint *c,
		void (*f)(const struct belay_entry *e, void *arg), void *arg,
		struct belay_error *err)
{
	struct packed_reader *p = packed_open(r, c, err);
	const struct belay_entry *e;
	int64_t n = p ? packed_count(p, err) : -1;

	for (int64_t i = 0; i < n && (e = packed_entry(p, (size_t)i)); i++)
		f(e, arg);
	packed_close(p);
	return n < 0 ? -1 : 0;
}

static void put_json(const struct belay_entry *e, void *arg)
{
	struct json_out *o = arg;

	json_open(o, NULL, '{');
	json_put_u64(o, "rank", e->rank);
	json_put_str(o, "name", e->name);
	json_put_str(o, "type", array_type_word(e->type));
	json_open(o, "shape", '[');
	for (unsigned i = 0; i < e->dims; i++)
		json_put_u64(o, NULL, e->shape[i]);
	json_close(o, ']');
	json_put_u64(o, "bytes", e->bytes);
	json_close(o, '}');
}

int checkpoint_entries_json(const struct run *r, const struct checkpoint *c,
			    struct json_out *o, struct belay_error *err)
{
	int rc;

	json_open(o, "parts", '[');
	for (unsigned i = 0; i < c->ranks; i++) {
		json_open(o, NULL, '{');
		json_put_u64(o, "rank", i);
		json_put_u64(o, "bytes", c->parts[i].bytes);
		json_put_u64(o, "stored", c->parts[i].stored);
		json_put_u64(o, "parents", c->parts[i].n_parents);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_open(o, "entries", '[');
	rc = each(r, c, put_json, o, err);
	json_close(o, ']');
	return rc;
}

static void print_entry(const struct belay_entry *e, void *arg)
{
	char size[16], shape[128] = "";
	size_t len = 0;

	(void)arg;
	for (unsigned i = 0; i < e->dims && len < sizeof(shape); i++)
		len += (size_t)snprintf(shape + len, sizeof(shape) - len,
					"%s%llu", i ? "x" : "",
					(unsigned long long)e->shape[i]);
	printf("%6u  %-5s  %16s  %10s  %s\n", e->rank, array_type_word(e->type),
	       shape, text_size(e->bytes, size), e->name);
}

int checkpoint_entries_text(const struct run *r, const struct checkpoint *c,
			    struct belay_error *err)
{
	puts("  RANK  TYPE              SHAPE        SIZE  NAME");
	return each(r, c, print_entry, NULL, err);
}
