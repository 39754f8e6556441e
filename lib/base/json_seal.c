/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_seal.c - a last member that checks every byte before it
 *
 * It covers bytes, not meaning, so it is looked at before anything is parsed:
 * a digit that flipped is as good a digit as any to whoever reads numbers.
 */

#include <string.h>

#include "base/digest.h"
#include "base/json.h"

static const char key[] = ",\"check\":\"";
static const char last[] = "\"}\n";

#define KEY (sizeof(key) - 1)
#define TAIL (KEY + DIGEST_HEX - 1 + sizeof(last) - 1)

void json_seal(struct json_out *o)
{
	struct digest check = digest_of(o->buf->data, o->buf->len);
	char hex[DIGEST_HEX];

	digest_format(&check, hex);
	buf_printf(o->buf, "%s%s%s", key, hex, last);
	o->depth--;
	o->comma = true;
}

static bool is_sealed(const char *text, size_t len)
{
	return len >= TAIL && !memcmp(text + len - TAIL, key, KEY);
}

int json_check_seal(const char *text, size_t len, struct belay_error *err)
{
	char hex[DIGEST_HEX];
	struct digest check;

	if (!is_sealed(text, len))
		return err_set(err, BELAY_ECORRUPT, "does not end with its "
			       "check");
	check = digest_of(text, len - TAIL);
	digest_format(&check, hex);
	text += len - TAIL + KEY;
	if (memcmp(text, hex, DIGEST_HEX - 1) ||
	    memcmp(text + DIGEST_HEX - 1, last, sizeof(last) - 1))
		return err_set(err, BELAY_ECORRUPT, "does not match its check");
	return 0;
}

struct json *json_parse_sealed(const char *text, size_t len,
			       struct belay_error *err)
{
	if (is_sealed(text, len) && json_check_seal(text, len, err) < 0)
		return NULL;
	return json_parse(text, len, err);
}
