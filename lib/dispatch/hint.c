/* SPDX-License-Identifier: Apache-2.0 */
/* hint.c - struct hint ⇄ the variable that travels with a job */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatch/hint.h"

#define HINT_VERSION 1

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

int hint_format(const struct hint *h, char out[HINT_SIZE],
		struct belay_error *err)
{
	if (text_format(out, HINT_SIZE, "%d:%s:%s:%s:%s", HINT_VERSION,
			h->submission, h->preset, or_dash(h->policy),
			or_dash(h->root)) < 0)
		return err_set(err, BELAY_EINVAL,
			       "the root's path is too long; at most %zu bytes",
			       HINT_SIZE - sizeof("1::::") -
			       strlen(h->submission) - strlen(h->preset) -
			       strlen(or_dash(h->policy)));
	return 0;
}

/* Take the text up to the next ':', or all of it for the last field. */
static bool take(const char **at, bool last, char *out, size_t size)
{
	size_t len = last ? strlen(*at) : strcspn(*at, ":");

	if (!len || len >= size || (!last && (*at)[len] != ':'))
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len + !last;
	if (!strcmp(out, "-"))
		out[0] = '\0';
	return true;
}

static bool is_hex(const char *text, size_t len)
{
	return strlen(text) == len &&
	       strspn(text, "0123456789abcdef") == len;
}

static bool is_sound(const struct hint *h)
{
	return is_hex(h->submission, RUN_ID_HEX - 1) &&
	       text_is_name(h->preset) &&
	       (!h->policy[0] || is_hex(h->policy, POLICY_ID_HEX - 1)) &&
	       (!h->root[0] || h->root[0] == '/');
}

int hint_parse(const char *text, struct hint *h, struct belay_error *err)
{
	struct hint found = { 0 };
	char *at_text;
	const char *at;
	long version;

	version = strtol(text, &at_text, 10);
	at = at_text;
	if (at == text || *at++ != ':')
		return err_set(err, BELAY_EINVAL, "not a hint: '%s'", text);
	if (version != HINT_VERSION)
		return err_set(err, BELAY_ECONFIG, "the hint is of version "
			       "%ld; this belay knows version %d", version,
			       HINT_VERSION);
	if (!take(&at, false, found.submission, sizeof(found.submission)) ||
	    !take(&at, false, found.preset, sizeof(found.preset)) ||
	    !take(&at, false, found.policy, sizeof(found.policy)) ||
	    !take(&at, true, found.root, sizeof(found.root)) ||
	    !is_sound(&found))
		return err_set(err, BELAY_EINVAL, "not a hint: '%s'", text);
	*h = found;
	return 0;
}
