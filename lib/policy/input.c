/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.c - the bytes of a policy file, before anybody reads YAML in them
 *
 * libyaml would take UTF-16, and needs more than a minute for 200 kB of '['.
 * What it says about a tab in the indentation helps nobody.
 */

#include <string.h>

#include "policy/input.h"
#include "policy/policy.h"

static bool too_long(const struct input *in, size_t *offset)
{
	*offset = POLICY_MAX_BYTES;
	return in->len > POLICY_MAX_BYTES;
}

static bool has_mark(const struct input *in, size_t *offset)
{
	*offset = 0;
	return in->len >= 3 && !memcmp(in->text, "\xef\xbb\xbf", 3);
}

static bool is_utf16(const struct input *in, size_t *offset)
{
	*offset = 0;
	return in->len >= 2 && (!memcmp(in->text, "\xff\xfe", 2) ||
				!memcmp(in->text, "\xfe\xff", 2));
}

static bool has_nul(const struct input *in, size_t *offset)
{
	const char *nul = in->len ? memchr(in->text, '\0', in->len) : NULL;

	*offset = nul ? (size_t)(nul - in->text) : 0;
	return nul;
}

static bool tab_indents(const struct input *in, size_t *offset)
{
	bool indenting = true;

	for (size_t i = 0; i < in->len; i++) {
		if (indenting && in->text[i] == '\t') {
			*offset = i;
			return true;
		}
		indenting = in->text[i] == '\n' ||
			    (indenting && in->text[i] == ' ');
	}
	return false;
}

const char *input_wrong(const struct input *in, size_t *offset)
{
	static const struct {
		bool (*holds)(const struct input *in, size_t *offset);
		const char *what;
	} checks[] = {
		{ too_long, "the file goes on; a policy has at most 64 KiB" },
		{ has_mark, "a byte order mark; save the file without one" },
		{ is_utf16, "this is UTF-16; save the file as UTF-8" },
		{ has_nul, "a NUL byte; save the file as UTF-8 text" },
		{ tab_indents, "a tab in the indentation; use spaces" },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].holds(in, offset))
			return checks[i].what;
	return NULL;
}

void input_place(const struct input *in, size_t offset, size_t *line,
		 size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset && i < in->len; i++) {
		++*column;
		if (in->text[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

/* A long path must not push out what is wrong: its end tells it apart. */
#define FILE_SHOWN 120

int input_complain(const struct input *in, size_t line, size_t column,
		   const char *what, struct belay_error *err)
{
	const char *file = in->file, *dots = "";
	size_t len = strlen(file);

	if (len > FILE_SHOWN) {
		dots = "...";
		file += len - FILE_SHOWN;
	}
	return err_set(err, BELAY_ECONFIG, "%s%s:%zu:%zu: %s", dots, file, line,
		       column, what);
}
