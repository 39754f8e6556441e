/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - belay(1): find the verb, run it, and be sure it was heard */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/belay/verb.h"

#define WORDS_MAX 64

/* The words that could have stood in the place of a wrong one: the verbs of a
 * group, or (group NULL) all first words. */
static void candidates(const char *group, const char *out[WORDS_MAX],
		       char room[WORDS_MAX][32])
{
	size_t n = 0;

	for (size_t i = 0; verbs[i] && n < WORDS_MAX - 1; i++) {
		const char *word = group ? verb_of_group(verbs[i], group)
					 : verbs[i]->name;

		if (!word || !verbs[i]->line)
			continue;
		snprintf(room[n], sizeof(room[n]), "%.*s",
			 (int)strcspn(word, " "), word);
		out[n] = room[n];
		n++;
	}
	out[n] = NULL;
}

static int unknown(const char *group, const char *word)
{
	const char *known[WORDS_MAX], *near;
	char room[WORDS_MAX][32];

	candidates(group, known, room);
	near = text_nearest(word, known);
	fprintf(stderr, "belay%s%s: unknown verb '%s'", group ? " " : "",
		group ? group : "", word);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\nTry 'belay help%s%s'.\n", group ? " " : "",
		group ? group : "");
	return EXIT_USAGE;
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* "checkpoint" was given, and what follows makes no verb of it. */
static int group_alone(const char *group, const char *next)
{
	if (next && asks_for_help(next)) {
		help_on_group(group);
		return EXIT_DONE;
	}
	if (next && next[0] != '-')
		return unknown(group, next);
	fprintf(stderr, "belay %s: which of its verbs?\n"
		"Try 'belay %s --help'.\n", group, group);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	static char version[] = "version", help[] = "help";
	const struct verb *v;
	int words;

	if (argc < 2) {
		fputs("belay: which verb?\nTry 'belay help'.\n", stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		argv[1] = version;
	if (asks_for_help(argv[1]))
		argv[1] = help;

	v = verb_find(argc - 1, argv + 1, &words);
	if (v)
		return v->run(v, argc - words, argv + words);
	if (verb_is_group(argv[1]))
		return group_alone(argv[1], argv[2]);
	return unknown(NULL, argv[1]);
}

/* Output that a full disk swallowed was not given, whatever the verb says. */
static int heard(int status)
{
	int failed = ferror(stdout);

	errno = failed ? EIO : 0;	/* why an earlier write failed is lost */
	if (fclose(stdout) == 0 && !failed)
		return status;
	if (errno == EBADF && !failed)	/* closed by whoever started us */
		return status;
	fprintf(stderr, "belay: cannot write the output: %s\n",
		strerror(errno));
	return status ? status : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	return heard(run(argc, argv));
}
