/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the command that is run for each chunk, with its {} */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "cmd/map/command.h"

static const char placeholder[] = "{}";

static bool has_placeholder(char *const *argv, unsigned argc)
{
	for (unsigned i = 0; i < argc; i++)
		if (strstr(argv[i], placeholder))
			return true;
	return false;
}

void command_fini(struct command *c)
{
	for (unsigned i = 0; c->argv && i < c->argc; i++)
		free(c->argv[i]);
	free(c->argv);
	free(c->path);
	*c = (struct command){ 0 };
}

int command_init(struct command *c, char *const *argv, unsigned argc,
		 struct belay_error *err)
{
	bool append = !has_placeholder(argv, argc);

	*c = (struct command){ .argc = argc + append };
	c->argv = calloc(c->argc + 1, sizeof(*c->argv));
	if (!c->argv)
		return err_nomem(err);
	for (unsigned i = 0; i < c->argc; i++) {
		c->argv[i] = strdup(i < argc ? argv[i] : placeholder);
		if (!c->argv[i]) {
			command_fini(c);
			return err_nomem(err);
		}
	}
	return 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

static bool find_in_path(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH");
	size_t n;

	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (;; path += n + 1) {
		n = strcspn(path, ":");
		if (text_format(out, PATH_MAX, "%.*s/%s", n ? (int)n : 1,
				n ? path : ".", name) == 0 && is_program(out))
			return true;
		if (!path[n])
			return false;
	}
}

int command_find(struct command *c, struct belay_error *err)
{
	char path[PATH_MAX];
	const char *name = c->argv[0];

	if (strstr(name, placeholder))		/* another one for each chunk */
		return 0;
	if (strchr(name, '/') ? !is_program(name) : !find_in_path(name, path))
		return err_set(err, BELAY_EINVAL,
			       "no such program, or not executable: '%s'", name);
	c->path = strdup(strchr(name, '/') ? name : path);
	return c->path ? 0 : err_nomem(err);
}

struct digest command_digest(const struct command *c)
{
	_auto_buf_ struct buf all = { 0 };

	for (unsigned i = 0; i < c->argc; i++)
		buf_add(&all, c->argv[i], strlen(c->argv[i]) + 1);
	return digest_of(buf_text(&all), all.len);
}

/* Bytes that arg takes with every {} replaced, the NUL included. */
static size_t filled_size(const char *arg, size_t item_len)
{
	size_t size = strlen(arg) + 1;

	while ((arg = strstr(arg, placeholder))) {
		size += item_len - 2;	/* wraps for short items, adds up right */
		arg += 2;
	}
	return size;
}

static char *fill_one(char *out, const char *arg, const char *item)
{
	const char *found;

	while ((found = strstr(arg, placeholder))) {
		out = mempcpy(out, arg, (size_t)(found - arg));
		out = stpcpy(out, item);
		arg = found + 2;
	}
	return stpcpy(out, arg) + 1;
}

char **command_fill(const struct command *c, const char *item)
{
	size_t len = strlen(item), size = (c->argc + 1) * sizeof(char *);
	char **argv, *text;

	for (unsigned i = 0; i < c->argc; i++)
		size += filled_size(c->argv[i], len);
	argv = malloc(size);
	if (!argv)
		return NULL;
	text = (char *)(argv + c->argc + 1);
	for (unsigned i = 0; i < c->argc; i++) {
		argv[i] = text;
		text = fill_one(text, c->argv[i], item);
	}
	argv[c->argc] = NULL;
	return argv;
}
