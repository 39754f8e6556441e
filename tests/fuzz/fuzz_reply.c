/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_reply.c - no bytes of an agent break the plugin or slip through it */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/reply.h"

static struct reply whole, pieces;

static void require(int truth)
{
	if (!truth)
		abort();
}

/* The first byte says where to cut: the cuts must not matter. */
static void feed(struct reply *r, const uint8_t *data, size_t len, size_t step)
{
	reply_init(r);
	for (size_t at = 0; at < len; at += step)
		reply_feed(r, (const char *)data + at,
			   len - at < step ? len - at : step);
}

static void check_value(const char *value)
{
	require(strlen(value) <= REPLY_LINE);
	for (; *value; value++)
		require((unsigned char)*value >= 0x20 && *value != 0x7f);
}

static void check(const struct reply *r)
{
	require(r->ok && !r->error && !r->fault);
	require(r->n_vars <= REPLY_LINES && r->n_say <= REPLY_SAY);
	require(r->wait_s <= REPLY_WAIT_MAX);
	for (unsigned i = 0; i < r->n_vars; i++) {
		require(!strncmp(r->var[i].name, "BELAY_", 6));
		require(strcmp(r->var[i].name, "BELAY_OK"));
		check_value(r->var[i].value);
	}
	for (unsigned i = 0; i < r->n_say; i++)
		check_value(r->say[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int good;

	if (len < 1)
		return 0;
	feed(&whole, data + 1, len - 1, len);
	feed(&pieces, data + 1, len - 1, 1 + data[0]);
	require(whole.used <= sizeof(whole.text));
	good = reply_end(&whole) == 0;
	require(good == (reply_end(&pieces) == 0));
	require(whole.n_lines == pieces.n_lines);
	if (good)
		check(&whole);
	return 0;
}
