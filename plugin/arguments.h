/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.h - what an administrator says in plugstack.conf */
#ifndef PLUGIN_ARGUMENTS_H
#define PLUGIN_ARGUMENTS_H

struct arguments {
	const char *agent;	/* agent=PATH, by default the one installed */
	const char *site;	/* site=PATH, or NULL */
	const char *unknown;	/* the first argument not understood, or NULL */
};

/* Slurm hands the arguments to every hook, so none keeps them. */
struct arguments arguments_parse(int ac, char **av);

#endif /* PLUGIN_ARGUMENTS_H */
