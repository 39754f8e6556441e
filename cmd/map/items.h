/* SPDX-License-Identifier: Apache-2.0 */
/*
 * items.h - what the chunks of a set are: numbers, or the lines of a list
 *
 * A line ends with a newline; the last may lack it.  An empty line is no
 * item.  Nothing else means anything: no quotes, no comments, blanks count.
 */
#ifndef CMD_MAP_ITEMS_H
#define CMD_MAP_ITEMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

/* What execve(2) takes as one argument. */
#define ITEM_MAX 131071

struct items {
	uint64_t count;
	struct digest digest;	/* of the list; zero for numbers */
	char *text;		/* NULL: numbers */
	size_t *at;		/* where each item begins in text */
};

void items_number(struct items *it, uint64_t count);
/* "-" is stdin. */
int items_load(struct items *it, const char *file, struct belay_error *err);
/* Takes text[len], which malloc(3) gave and has room for one byte more. */
int items_parse(struct items *it, const char *file, char *text, size_t len,
		struct belay_error *err);
void items_free(struct items *it);

/* The line of a chunk, or NULL when chunks are mere numbers. */
const char *items_text(const struct items *it, uint64_t chunk);

#endif /* CMD_MAP_ITEMS_H */
