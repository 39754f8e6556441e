/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h - what belay-agent may know of the job: an allow-list */
#ifndef PLUGIN_ENVIRONMENT_H
#define PLUGIN_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRONMENT_VARS = 192, ENVIRONMENT_TEXT = 192 * 1024 };

/* Too large for a stack: the plugin keeps one, static. */
struct environment {
	char *var[ENVIRONMENT_VARS + 1];	/* ends with NULL, as execve wants */
	size_t n_vars;
	char text[ENVIRONMENT_TEXT];
	size_t used;
};

/* Where a variable is looked up: its value into buf, or false. */
typedef bool environment_get(void *from, const char *name, char *buf,
			     size_t size);

/* Begin with what is the same everywhere: PATH and LC_ALL. */
void environment_init(struct environment *e);

/* Add one variable.  One that does not fit is left out: -1. */
int environment_add(struct environment *e, const char *name,
		    const char *value);

/* Add the variables of the allow-list that get knows. */
void environment_add_allowed(struct environment *e, environment_get *get,
			     void *from);

/* An environment_get that asks this process' own environment. */
bool environment_own(void *unused, const char *name, char *buf, size_t size);

/* Is "NAME=value" something that belay gave to another job or attempt?  Such a
 * variable travels with sbatch's environment; BELAY_ROOT is the user's own. */
bool environment_is_stale(const char *variable);

/* The name of "NAME=value", or NULL when it is too long for buf. */
const char *environment_name(const char *variable, char *buf, size_t size);

#endif /* PLUGIN_ENVIRONMENT_H */
