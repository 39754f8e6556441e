/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - belay --version */

#include <stdio.h>

#include "cmd/belay/about.h"

static int run(const struct verb *v, int argc, char **argv)
{
	const char *arg;
	int at = 1, found = verb_next_option(v, argc, argv, &at, &arg);

	if (found != -1)
		return verb_option_status(found);
	if (at < argc)
		return verb_usage(v, "unexpected '%s'", argv[at]);
	printf("belay %s\n", BELAY_VERSION);
	return EXIT_DONE;
}

const struct verb verb_version = {
	.name = "version", .synopsis = "",
	.line = "print the version",
	.run = run,
};
