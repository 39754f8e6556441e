/* SPDX-License-Identifier: Apache-2.0 */
/* verb.c - options by table, and how a verb complains */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/belay/verb.h"

#define OPTIONS_MAX 64

enum { NO_OPTIONS = -1, HELPED = -2, MISTAKE = -3 };

int verb_option_status(int found)
{
	return found == HELPED ? EXIT_DONE : EXIT_USAGE;
}

int verb_fail(const struct verb *v, const struct belay_error *err)
{
	fprintf(stderr, "belay %s: %s\n", v->name, err->text);
	return err->code == BELAY_EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

int verb_refuse(const struct verb *v, const struct belay_error *err)
{
	int status = verb_fail(v, err);

	return err->code == BELAY_ECONFIG ? EXIT_USAGE : status;
}

static void try_help(const struct verb *v)
{
	fprintf(stderr, "Try 'belay %s --help'.\n", v->name);
}

int verb_usage(const struct verb *v, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "belay %s: ", v->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	try_help(v);
	return EXIT_USAGE;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* The place of the next option at or behind at, or argc. */
static int next_place(const struct verb *v, int argc, char **argv, int at)
{
	if (v->command)
		return at < argc && is_option(argv[at]) ? at : argc;
	while (at < argc && !is_option(argv[at]))
		at++;
	return at;
}

/* Bring n words at `from` forward to `to`: the operands between follow. */
static void bring_forward(char **argv, int to, int from, int n)
{
	for (int i = 0; i < n; i++) {
		char *word = argv[from + i];

		memmove(argv + to + i + 1, argv + to + i,
			(size_t)(from - to) * sizeof(*argv));
		argv[to + i] = word;
	}
}

static int find_long(const struct verb *v, const char *word, size_t len)
{
	const struct verb_option *o = v->options;

	for (int i = 0; o && o[i].name; i++)
		if (strlen(o[i].name) == len && !memcmp(o[i].name, word, len))
			return i;
	return -1;
}

static int find_short(const struct verb *v, char c)
{
	const struct verb_option *o = v->options;

	for (int i = 0; o && o[i].name; i++)
		if (o[i].short_name == c)
			return i;
	return -1;
}

static int unknown_option(const struct verb *v, const char *word)
{
	const char *names[OPTIONS_MAX] = { NULL }, *near = NULL;
	char name[64];
	int n = 0;

	for (; v->options && v->options[n].name && n < OPTIONS_MAX - 1; n++)
		names[n] = v->options[n].name;
	if (word[1] == '-') {
		snprintf(name, sizeof(name), "%.*s",
			 (int)strcspn(word + 2, "="), word + 2);
		near = text_nearest(name, names);
	}
	if (near)
		verb_usage(v, "unknown option '%s'; did you mean '--%s'?",
			   word, near);
	else
		verb_usage(v, "unknown option '%s'", word);
	return MISTAKE;
}

/* The option that word names; a value joined to it ("--a=b", "-ab") in *arg. */
static int find_option(const struct verb *v, char *word, const char **arg)
{
	size_t len;
	int found;

	*arg = NULL;
	if (word[1] != '-') {
		found = find_short(v, word[1]);
		*arg = word[2] ? word + 2 : NULL;
		return found;
	}
	len = strcspn(word + 2, "=");
	found = find_long(v, word + 2, len);
	*arg = word[2 + len] ? word + 2 + len + 1 : NULL;
	return found;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int end_of_options(char **argv, int place, int *at)
{
	bring_forward(argv, *at, place, 1);
	++*at;
	return NO_OPTIONS;
}

/* How many words the option takes, its value in *arg; or MISTAKE. */
static int take_value(const struct verb *v, const struct verb_option *o,
		      const char *next, const char **arg)
{
	if (!o->arg && *arg) {
		verb_usage(v, "option '--%s' takes no value", o->name);
		return MISTAKE;
	}
	if (!o->arg || *arg)
		return 1;
	if (!next) {
		verb_usage(v, "option '--%s' needs its %s", o->name, o->arg);
		return MISTAKE;
	}
	*arg = next;
	return 2;
}

int verb_next_option(const struct verb *v, int argc, char **argv, int *at,
		     const char **arg)
{
	int place = next_place(v, argc, argv, *at), found, words;
	char *word;

	*arg = NULL;
	if (place >= argc)
		return NO_OPTIONS;
	word = argv[place];
	if (!strcmp(word, "--"))
		return end_of_options(argv, place, at);

	found = find_option(v, word, arg);
	if (found < 0 && is_help(word)) {
		help_on_verb(v);
		return HELPED;
	}
	if (found < 0)
		return unknown_option(v, word);
	words = take_value(v, &v->options[found],
			   place + 1 < argc ? argv[place + 1] : NULL, arg);
	if (words < 0)
		return words;
	bring_forward(argv, *at, place, words);
	*at += words;
	return found;
}

int verb_read_options(const struct verb *v, int argc, char **argv,
		      const char **given)
{
	const char *arg;
	int at = 1, found;

	while ((found = verb_next_option(v, argc, argv, &at, &arg)) >= 0)
		given[found] = arg ? arg : "";
	return found == NO_OPTIONS ? at : found;
}
