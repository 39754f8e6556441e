/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - what belay can do, from the table of verbs */

#include <stdio.h>
#include <string.h>

#include "cmd/belay/about.h"

#define WIDTH 78
#define OPTION_HELP 29		/* the column where it begins */

/* The words of text[len], from column `indent` on, broken between words. */
static void fill(const char *text, size_t len, unsigned indent)
{
	const char *end = text + len;
	size_t column = indent, n;
	bool first = true;

	for (;; text += n, first = false) {
		while (text < end && (*text == ' ' || *text == '\n'))
			text++;
		for (n = 0; text + n < end && !strchr(" \n", text[n]); n++)
			;
		if (!n)
			break;
		if (!first && column + 1 + n > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)n, text);
		column += n;
	}
	putchar('\n');
}

/* Paragraphs are filled; lines that begin with a space are left as they are,
 * and so is what is empty. */
static void print_more(const char *text)
{
	size_t line, len;

	while (*text) {
		line = strcspn(text, "\n");
		len = line;
		if (!line || *text == ' ') {
			printf("%.*s\n", (int)line, text);
		} else {
			while (text[len] && !strchr(" \n", text[len + 1]))
				len += 1 + strcspn(text + len + 1, "\n");
			fill(text, len, 0);
		}
		text += len + (text[len] == '\n');
	}
}

static void print_option(const struct verb_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "",
		 o->arg ? o->arg : "");
	printf("  %c%c%c %-22s ", o->short_name ? '-' : ' ',
	       o->short_name ? o->short_name : ' ', o->short_name ? ',' : ' ',
	       left);
	fill(o->help, strlen(o->help), OPTION_HELP);
}

void help_on_verb(const struct verb *v)
{
	static const struct verb_option help = {
		"help", 'h', NULL, "print this help"
	};

	printf("Usage: belay %s%s%s\n", v->name, *v->synopsis ? " " : "",
	       v->synopsis);
	if (v->line)
		printf("%c%s.\n", v->line[0] - ('a' - 'A'), v->line + 1);
	if (v->more) {
		putchar('\n');
		print_more(v->more);
	}
	puts("\nOptions:");
	for (const struct verb_option *o = v->options; o && o->name; o++)
		print_option(o);
	print_option(&help);
}

static void print_line(const struct verb *v)
{
	if (v->line)
		printf("  %-20s %s\n", v->name, v->line);
}

void help_on_group(const char *group)
{
	printf("Usage: belay %s VERB [OPTION]... [ARGUMENT]...\n\n", group);
	for (size_t i = 0; verbs[i]; i++)
		if (verb_of_group(verbs[i], group))
			print_line(verbs[i]);
	printf("\n'belay %s VERB --help' says more about one.\n", group);
}

void help_on_all(void)
{
	puts("Usage: belay VERB [OPTION]... [ARGUMENT]...\n"
	     "Fault tolerance for Slurm jobs: what was done stays done.\n");
	for (size_t i = 0; verbs[i]; i++)
		print_line(verbs[i]);
	puts("\n'belay help VERB' says more about one; so does belay(1).");
}

static int run(const struct verb *v, int argc, char **argv)
{
	const struct verb *about;
	const char *arg;
	int at = 1, words, found = verb_next_option(v, argc, argv, &at, &arg);

	if (found != -1)
		return verb_option_status(found);
	if (at == argc) {
		help_on_all();
		return EXIT_DONE;
	}
	about = verb_find(argc - at, argv + at, &words);
	if (about && at + words == argc) {
		help_on_verb(about);
		return EXIT_DONE;
	}
	if (verb_is_group(argv[at]) && at + 1 == argc) {
		help_on_group(argv[at]);
		return EXIT_DONE;
	}
	fprintf(stderr, "belay help: no verb '%s%s%s'\nTry 'belay help'.\n",
		argv[at], at + 1 < argc ? " " : "",
		at + 1 < argc ? argv[at + 1] : "");
	return EXIT_USAGE;
}

const struct verb verb_help = {
	.name = "help", .synopsis = "[VERB]",
	.line = "say what belay, or a verb of it, can do",
	.run = run,
};
