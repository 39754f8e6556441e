/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - how facts look: for people, and as JSON */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/belay/print.h"
#include "cmd/belay/verb.h"

const char *print_span(int64_t begin_us, int64_t end_us, char out[PRINT_AGO])
{
	char span[16];
	int64_t us = (end_us ? end_us : clock_wall_us()) - begin_us;

	/* clocks of two hosts may differ: nothing takes less than no time */
	snprintf(out, PRINT_AGO, "%s",
		 clock_span((double)(us > 0 ? us : 0) / 1e6, span));
	return out;
}

const char *print_ago(int64_t wall_us, char out[PRINT_AGO])
{
	if (wall_us <= 0)
		return strcpy(out, "-");
	print_span(wall_us, 0, out);
	return strcat(out, " ago");
}

/* How much of the text goes on a line: up to a space if there is one. */
static int fitting(const char *text, int room)
{
	int n = (int)strnlen(text, (size_t)room + 1), cut = room;

	if (n <= room)
		return n;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut ? cut : room;
}

void print_wrapped(const char *text, int indent)
{
	while (*text) {
		int n = fitting(text, 80 - indent);

		printf("%*s%.*s\n", indent, "", n, text);
		text += n;
		text += strspn(text, " ");
	}
}

int print_json(const struct buf *text)
{
	if (text->failed) {
		fputs("belay: out of memory\n", stderr);
		return EXIT_FAILED;
	}
	puts(buf_text(text));
	return EXIT_DONE;
}

const char *print_colour(enum print_colour c)
{
	static const char *const codes[] = { "\033[0m", "\033[32m", "\033[31m",
					     "\033[2m" };
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR") || !term ||
	    !strcmp(term, "dumb"))
		return "";
	return codes[c];
}
