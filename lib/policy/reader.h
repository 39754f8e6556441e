/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - YAML event by event, and complaints that have a place */
#ifndef POLICY_READER_H
#define POLICY_READER_H

#include <yaml.h>

#include "policy/input.h"
#include "policy/schema.h"

struct reader {
	struct input in;
	yaml_parser_t yaml;
	yaml_event_t event;	/* the current one, owned */
	struct draft draft;
	yaml_mark_t rule_at[POLICY_MAX_RULES];	/* where each rule begins */
	struct belay_error *err;
};

int reader_open(struct reader *r, const struct input *in,
		struct belay_error *err);
void reader_close(struct reader *r);

/* Make the next event the current one.  Aliases, anchors and tags are refused
 * here, so nobody else meets them. */
int reader_next(struct reader *r);

/* The current event's text, or NULL when it is a list or a mapping. */
const char *reader_text(const struct reader *r);

/* "file:line:column: ", and what is wrong there; what would be right. */
int reader_complain(struct reader *r, yaml_mark_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same about the current event, as a value of f. */
int reader_misfit(struct reader *r, const struct field *f,
		  enum value_wrong wrong);

#endif /* POLICY_READER_H */
