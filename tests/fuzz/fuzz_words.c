/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_words.c - any bytes as what comes by environment and by lists
 *
 * The first byte says what: a hint, a hostlist, a time, or a list of items.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hostlist.h"
#include "cmd/map/items.h"
#include "dispatch/hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void try_hint(const char *text)
{
	char once[HINT_SIZE], twice[HINT_SIZE];
	struct hint h, again;

	if (hint_parse(text, &h, NULL) < 0)
		return;
	if (hint_format(&h, once, NULL) < 0)
		return;			/* longer than it came: "01:" */
	require(hint_parse(once, &again, NULL) == 0);
	require(hint_format(&again, twice, NULL) == 0);
	require(!strcmp(once, twice));
}

/* A hundred thousand names are allowed, and take their time. */
static bool is_long(const char *text)
{
	size_t n;

	for (; *text; text += n ? n : 1) {
		n = strspn(text, "0123456789");
		if (n > 4)
			return true;
	}
	return false;
}

static void try_hosts(const char *text)
{
	_auto_hosts_ struct hosts h = { 0 }, again = { 0 };
	_auto_buf_ struct buf out = { 0 };

	if (is_long(text) || hosts_parse(&h, text, NULL) < 0)
		return;
	require(h.n <= HOSTS_MAX);
	hosts_format(&h, &out);
	require(hosts_parse(&again, buf_text(&out), NULL) == 0);
	require(again.n == h.n);
}

static void try_time(const char *text)
{
	int64_t us = clock_iso_parse(text);

	require(us >= 0);
}

static void try_items(const char *text, size_t size)
{
	struct items it;
	char *copy = malloc(size + 1);

	memcpy(copy, text, size);
	if (items_parse(&it, "list", copy, size, NULL) < 0)
		return;
	for (uint64_t i = 0; i < it.count; i++)
		require(*items_text(&it, i) &&
			strlen(items_text(&it, i)) <= ITEM_MAX);
	items_free(&it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_buf_ struct buf text = { 0 };

	if (!size)
		return 0;
	buf_add(&text, data + 1, size - 1);
	switch (data[0] & 3) {
	case 0: try_hint(buf_text(&text)); break;
	case 1: try_hosts(buf_text(&text)); break;
	case 2: try_time(buf_text(&text)); break;
	case 3: try_items(buf_text(&text), text.len); break;
	}
	return 0;
}
