/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - what a user can ask for: --belay and its two companions
 *
 * The table is the only place that names an option.  Slurm may call back
 * several times for one, from #SBATCH lines, from the environment and from the
 * command line, in this order: the last value counts, but an "off" stays.
 * Nothing is judged here, for what is wrong may still be overridden.
 */

#include <stdlib.h>
#include <string.h>

#include "plugin/options.h"

static struct options options;	/* one per plugin load, as SPANK is */

static void replace(char **at, const char *value)
{
	free(*at);
	*at = strdup(value ? value : "");
}

/* An option without its argument arrives as NULL from the command line, as ""
 * or "(null)" by way of the environment. */
static void set_policy(const char *value)
{
	options.asked = true;
	if (value && !strcmp(value, "off"))
		options.off = true;
	if (!value || !*value || !strcmp(value, "(null)"))
		value = "standard";
	replace(&options.policy, value);
}

static void set_root(const char *value)
{
	replace(&options.root, value);
}

static void set_run(const char *value)
{
	replace(&options.run, value);
}

enum { ARGUMENT_NEEDED = 1, ARGUMENT_OPTIONAL = 2 };

static const struct {
	const char *name, *arginfo, *help;
	int has_arg;
	void (*set)(const char *value);
} table[] = {
	{ "belay", "POLICY",
	  "protect this job: none, standard (default), high-availability, "
	  "checkpoint-recovery or a policy file; off: do not",
	  ARGUMENT_OPTIONAL, set_policy },
	{ "belay-root", "DIR",
	  "keep belay's records below DIR, an absolute path",
	  ARGUMENT_NEEDED, set_root },
	{ "belay-run", "NAME",
	  "join or start the run NAME; %j %A %a %x %u as in --output",
	  ARGUMENT_NEEDED, set_run },
};

static int on_option(int index, const char *value, int remote)
{
	(void)remote;
	table[index].set(value);
	return ESPANK_SUCCESS;
}

void options_register(spank_t sp)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct spank_option option = {
			.name = (char *)(uintptr_t)table[i].name,
			.arginfo = (char *)(uintptr_t)table[i].arginfo,
			.usage = (char *)(uintptr_t)table[i].help,
			.has_arg = table[i].has_arg,
			.val = (int)i,
			.cb = on_option,
		};

		spank_option_register(sp, &option);
	}
}

const struct options *options_given(void)
{
	return &options;
}
