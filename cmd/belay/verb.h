/* SPDX-License-Identifier: Apache-2.0 */
/* verb.h - a verb of belay(1): one line in the table of verbs.c, one file */
#ifndef CMD_BELAY_VERB_H
#define CMD_BELAY_VERB_H

#include <stdbool.h>

#include "base/error.h"

/* Exit status of every verb. */
enum {
	EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2,
	EXIT_QUARANTINED = 65,	/* only quarantined chunks are left */
	EXIT_UNFINISHED = 75,	/* worth another attempt */
};

struct verb_option {		/* long options; short is 0 when there is none */
	const char *name;
	char short_name;
	const char *arg;	/* NULL: a flag */
	const char *help;
};

struct verb {
	const char *name;	/* "map", "checkpoint save" */
	const char *synopsis;	/* "[-j N] --chunks N -- CMD {}" */
	const char *line;	/* one line for 'belay help'; NULL: hidden */
	const char *more;	/* paragraphs for --help, or NULL: filled but
				 * for lines that begin with a space */
	const struct verb_option *options;	/* end with { 0 }; or NULL */
	int (*run)(const struct verb *v, int argc, char **argv);
	bool command;		/* the first operand ends the options: it is a
				 * command with options of its own */
};

/*
 * Parse argv by v->options: the next option's index into v->options with its
 * argument in *arg (NULL for a flag); -1 when only operands are left (from
 * argv[*at] on); -2 when --help was answered; -3 on a mistake that was
 * reported.  Start with *at = 1.  "--" ends the options.  Options may follow
 * operands (argv is reordered) unless v->command.
 */
int verb_next_option(const struct verb *v, int argc, char **argv, int *at,
		     const char **arg);
/*
 * The same at once: given[i] becomes the last argument of option i, "" for a
 * flag, and stays NULL where it was not given.  Where the operands begin, or -2
 * or -3.
 */
int verb_read_options(const struct verb *v, int argc, char **argv,
		      const char **given);
/* What to return when one of these gave -2 or -3. */
int verb_option_status(int found);

/* "belay VERB: text" to stderr; the exit status that fits the code. */
int verb_fail(const struct verb *v, const struct belay_error *err);
/* The same where BELAY_ECONFIG means that the command line cannot be right,
 * such as another count than the set has: trying again will not help. */
int verb_refuse(const struct verb *v, const struct belay_error *err);
/* The same for a mistake on the command line, with "Try 'belay V --help'." */
int verb_usage(const struct verb *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

extern const struct verb *const verbs[];	/* end with NULL */

/*
 * The verb that argv[0], or argv[0] and argv[1], name; how many words that
 * are in *words.  NULL: none.
 */
const struct verb *verb_find(int argc, char **argv, int *words);
/* The second word of a verb whose first is group, else NULL. */
const char *verb_of_group(const struct verb *v, const char *group);
bool verb_is_group(const char *word);	/* "checkpoint" */

/* To stdout. */
void help_on_verb(const struct verb *v);
void help_on_group(const char *group);
void help_on_all(void);

#endif /* CMD_BELAY_VERB_H */
