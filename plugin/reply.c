/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - what belay-agent may say, and nothing else */

#include <string.h>

#include "plugin/reply.h"

static int fault(struct reply *r, const char *what)
{
	r->fault = what;
	r->error = NULL;
	return -1;
}

static int take_say(struct reply *r, const char *value)
{
	if (r->n_say == REPLY_SAY)
		return fault(r, "too many lines for people");
	r->say[r->n_say++] = value;
	return 0;
}

static int take_wait(struct reply *r, const char *value)
{
	unsigned n = 0;

	for (const char *p = value; *p; p++) {
		if (*p < '0' || *p > '9' || n > REPLY_WAIT_MAX)
			return fault(r, "a bad number of seconds");
		n = n * 10 + (unsigned)(*p - '0');
	}
	if (n == 0 || n > REPLY_WAIT_MAX)
		return fault(r, "a bad number of seconds");
	r->wait_s = n;
	return 0;
}

static int take_error(struct reply *r, const char *value)
{
	r->error = value;
	return 0;
}

static int take_mistake(struct reply *r, const char *value)
{
	(void)value;
	r->mistake = true;
	return 0;
}

static int take_called_off(struct reply *r, const char *value)
{
	(void)value;
	r->called_off = true;
	return 0;
}

static int take_fenced(struct reply *r, const char *value)
{
	(void)value;
	r->fenced = true;
	return 0;
}

static int take_ok(struct reply *r, const char *value)
{
	if (strcmp(value, "1"))
		return fault(r, "a bad end");
	r->ok = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct reply *r, const char *value);
} ours[] = {
	{ "BELAY_SAY", take_say },
	{ "BELAY_WAIT", take_wait },
	{ "BELAY_ERROR", take_error },
	{ "BELAY_MISTAKE", take_mistake },
	{ "BELAY_CALLED_OFF", take_called_off },
	{ "BELAY_FENCED", take_fenced },
	{ "BELAY_OK", take_ok },
};

static int take_variable(struct reply *r, const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(ours[i].name, name))
			return ours[i].take(r, value);
	r->var[r->n_vars].name = name;
	r->var[r->n_vars].value = value;
	r->n_vars++;
	return 0;
}

/* The '=' of a line that begins with a name by the rules, or NULL. */
static char *end_of_name(char *line)
{
	static const char prefix[] = "BELAY_";
	size_t n = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	if (strncmp(line, prefix, strlen(prefix)) || n == strlen(prefix))
		return NULL;
	return line[n] == '=' ? line + n : NULL;
}

static int take_line(struct reply *r)
{
	char *line = r->text + r->line, *equals = end_of_name(line);

	if (r->ok)
		return fault(r, "a line after the end");
	if (!equals)
		return fault(r, "a line that is not BELAY_NAME=value");
	r->n_lines++;
	r->line = r->used;
	*equals = '\0';
	return take_variable(r, line, equals + 1);
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* The checks come before the byte is stored, so text cannot overflow. */
static int take_byte(struct reply *r, char c)
{
	if (r->n_lines == REPLY_LINES)
		return fault(r, "too many lines");
	if (c == '\n') {
		r->text[r->used++] = '\0';
		return take_line(r);
	}
	if (is_control(c))
		return fault(r, "a control character");
	if (r->used - r->line == REPLY_LINE)
		return fault(r, "too long a line");
	r->text[r->used++] = c;
	return 0;
}

void reply_init(struct reply *r)
{
	r->used = r->line = 0;
	r->n_lines = r->n_vars = r->n_say = 0;
	r->wait_s = 0;
	r->error = r->fault = NULL;
	r->ok = r->mistake = r->called_off = r->fenced = false;
	r->silent = true;
}

int reply_feed(struct reply *r, const char *data, size_t len)
{
	if (r->fault)
		return -1;
	if (len)
		r->silent = false;
	for (size_t i = 0; i < len; i++)
		if (take_byte(r, data[i]) < 0)
			return -1;
	return 0;
}

int reply_end(struct reply *r)
{
	if (r->fault)
		return -1;
	if (r->used != r->line)
		return fault(r, "an unfinished line");
	if (r->error)
		return -1;
	if (!r->ok)
		return fault(r, "no end");
	return 0;
}

const char *reply_get(const struct reply *r, const char *name)
{
	for (unsigned i = 0; i < r->n_vars; i++)
		if (!strcmp(r->var[i].name, name))
			return r->var[i].value;
	return NULL;
}
