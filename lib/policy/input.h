/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - the bytes of a policy file, before anybody reads YAML in them */
#ifndef POLICY_INPUT_H
#define POLICY_INPUT_H

#include <stddef.h>

#include "base/error.h"

struct input {
	const char *file;	/* as complaints name it */
	const char *text;
	size_t len;
};

/* What keeps the bytes from being a policy, and where; or NULL. */
const char *input_wrong(const struct input *in, size_t *offset);
/* Line and column, from 1, of a byte. */
void input_place(const struct input *in, size_t offset, size_t *line,
		 size_t *column);

/* "file:line:column: what", and -1. */
int input_complain(const struct input *in, size_t line, size_t column,
		   const char *what, struct belay_error *err);

#endif /* POLICY_INPUT_H */
