/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - what belay-agent may say, and nothing else
 *
 * At most 32 lines "BELAY_[A-Z_]+=value" of at most 4 KiB, without control
 * characters, the last of them BELAY_OK=1.  Six of the names are for the
 * plugin; all others are variables of the job.
 */
#ifndef PLUGIN_REPLY_H
#define PLUGIN_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	REPLY_LINES = 32,
	REPLY_LINE = 4096,
	REPLY_SAY = 4,
	REPLY_WAIT_MAX = 300,
};

struct reply {
	char text[REPLY_LINES * (REPLY_LINE + 1)];
	size_t used;		/* bytes of text */
	size_t line;		/* where the unfinished line begins */
	unsigned n_lines;
	struct {
		const char *name, *value;
	} var[REPLY_LINES];
	unsigned n_vars;
	const char *say[REPLY_SAY];	/* BELAY_SAY: lines for people */
	unsigned n_say;
	unsigned wait_s;	/* BELAY_WAIT: the last one, 0 if none */
	const char *error;	/* BELAY_ERROR: why it failed, or NULL */
	bool mistake;		/* BELAY_MISTAKE: of whoever asked */
	bool called_off;	/* BELAY_CALLED_OFF: the script must not run */
	bool fenced;		/* BELAY_FENCED: another has the run */
	bool silent;		/* not a byte has come */
	bool ok;		/* BELAY_OK was the last line so far */
	const char *fault;	/* what broke the rules, or NULL */
};

/* Begin a reply; everything that it pointed to before is gone. */
void reply_init(struct reply *r);

/* Take the next len bytes, cut anywhere.  -1 once a rule is broken: r->fault
 * says which, and nothing of the reply may be used. */
int reply_feed(struct reply *r, const char *data, size_t len);

/* No more bytes will come: 0 if the reply is whole, by the rules and without
 * BELAY_ERROR.  An error stands only in a reply that broke no rule. */
int reply_end(struct reply *r);

/* The value of a variable of the job, or NULL. */
const char *reply_get(const struct reply *r, const char *name);

#endif /* PLUGIN_REPLY_H */
