/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json.c - any bytes as JSON; what was read is written and read again */

#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct json_out *o, const struct json *j)
{
	char open = j->type == JSON_ARRAY ? '[' : '{';
	char close = j->type == JSON_ARRAY ? ']' : '}';

	switch (j->type) {
	case JSON_NULL:
		json_put_null(o, j->key);
		break;
	case JSON_BOOL:
		json_put_bool(o, j->key, j->truth);
		break;
	case JSON_NUMBER:	/* kept as text */
	case JSON_STRING:
		json_put_str(o, j->key, j->text);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_open(o, j->key, open);
		for (const struct json *c = j->child; c; c = c->next)
			write_value(o, c);
		json_close(o, close);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_json_ struct json *j = json_parse((const char *)data, size, NULL);
	_auto_json_ struct json *again = NULL;
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text };

	if (!j)
		return 0;
	json_u64(j, "attempt", 0);
	json_f64(j, "x", 0);
	write_value(&o, j);
	if (text.failed)
		return 0;
	again = json_parse(text.data, text.len, NULL);
	if (!again)
		abort();
	return 0;
}
