/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the command that is run for each chunk, with its {}
 *
 * Every {} in every argument is replaced by the chunk's number or line; when
 * there is none, that becomes the last argument.  No shell sees it.
 */
#ifndef CMD_MAP_COMMAND_H
#define CMD_MAP_COMMAND_H

#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct command {
	unsigned argc;
	char **argv;		/* own copies, {} and all; NULL at the end */
	char *path;		/* where argv[0] was found */
};

int command_init(struct command *c, char *const *argv, unsigned argc,
		 struct belay_error *err);
void command_fini(struct command *c);

/* Look argv[0] up in PATH, now, rather than anew for each chunk. */
int command_find(struct command *c, struct belay_error *err);

/* Of the arguments as they were given. */
struct digest command_digest(const struct command *c);

/*
 * The arguments for one chunk: argc pointers and a NULL in one piece of
 * memory; free(3) it.  NULL: out of memory.
 */
char **command_fill(const struct command *c, const char *item);

#endif /* CMD_MAP_COMMAND_H */
