/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - what a user can ask for: --belay and its two companions */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include <stdbool.h>

#include "plugin/spank.h"

struct options {
	bool asked;		/* --belay, with or without a policy */
	bool off;		/* --belay=off, anywhere */
	char *policy;		/* NULL: not said */
	char *root;		/* --belay-root, or NULL */
	char *run;		/* --belay-run, or NULL */
};

/* In every context in which Slurm may see the options. */
void options_register(spank_t sp);

/* What was asked for so far; complete from init_post_opt on. */
const struct options *options_given(void);

/* How sbatch hands --belay-run to the job, readable there and in every srun
 * even where --export=NONE keeps Slurm from telling the plugin. */
#define OPTION_VARIABLE "SLURM_SPANK__SLURM_SPANK_OPTION_belay_"
#define OPTION_RUN_VARIABLE OPTION_VARIABLE "belay_run"

#endif /* PLUGIN_OPTIONS_H */
