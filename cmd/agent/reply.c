/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - lines for whoever started us */

#include <stdio.h>
#include <string.h>

#include "cmd/agent/agent.h"

#define LINE_MAX_BYTES 4096
#define SAY_MAX 4

void reply(const char *name, const char *value)
{
	char line[LINE_MAX_BYTES];

	snprintf(line, sizeof(line) - 1, "%s=%s", name, value);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	puts(line);
	fflush(stdout);
}

void reply_lines(const struct buf *lines)
{
	fputs(buf_text(lines), stdout);
	fflush(stdout);
}

void reply_say(const struct buf *lines)
{
	const char *at = buf_text(lines);
	char line[512];

	for (int i = 0; i < SAY_MAX && *at; i++) {
		size_t len = strcspn(at, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		reply("BELAY_SAY", line);
		at += len + (at[len] == '\n');
	}
}

/* Half a reply would be a lie, and looks like a whole one with this line. */
int reply_ok(void)
{
	if (ferror(stdout))
		return 1;
	reply("BELAY_OK", "1");
	return 0;
}

int reply_error(const struct belay_error *err)
{
	bool users = err->code == BELAY_EINVAL || err->code == BELAY_ECONFIG ||
		     err->code == BELAY_ENOENT;

	if (users)
		reply("BELAY_MISTAKE", "1");
	reply("BELAY_ERROR", err->text);
	return users ? 2 : 1;
}
