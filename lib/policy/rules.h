/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the rules of a policy file, and what holds between them */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy/reader.h"

/* One item of a list, the current event, into the struct that f belongs to. */
typedef int rules_item(struct reader *r, const struct field *f, void *into);
rules_item rules_add, rules_add_cause, rules_add_codes;

/* The preset's rules behind those of the file; no two may share a name. */
int rules_finish(struct reader *r);

/* A mapping, whose start is the current event, by its table (parse.c). */
int parse_keys(struct reader *r, const struct field *keys, void *into);

#endif /* POLICY_RULES_H */
