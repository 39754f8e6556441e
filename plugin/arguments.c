/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c - what an administrator says in plugstack.conf */

#include <stddef.h>
#include <string.h>

#include "plugin/arguments.h"

static const struct {
	const char *key;
	size_t offset;
} table[] = {
	{ "agent=", offsetof(struct arguments, agent) },
	{ "site=", offsetof(struct arguments, site) },
};

static int take(struct arguments *a, const char *arg)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t len = strlen(table[i].key);

		if (strncmp(arg, table[i].key, len))
			continue;
		*(const char **)((char *)a + table[i].offset) = arg + len;
		return 0;
	}
	return -1;
}

struct arguments arguments_parse(int ac, char **av)
{
	struct arguments a = { .agent = BELAY_AGENT };

	for (int i = 0; i < ac; i++)
		if (take(&a, av[i]) < 0 && !a.unknown)
			a.unknown = av[i];
	return a;
}
