/* SPDX-License-Identifier: Apache-2.0 */
/* moments.h - what the plugin does, moment by moment; see plugin.c for when */
#ifndef PLUGIN_MOMENTS_H
#define PLUGIN_MOMENTS_H

#include "plugin/arguments.h"
#include "plugin/spank.h"

typedef void moment(spank_t sp, const struct arguments *args);

/* submit.c: where the user types */
moment submit_init;		/* sbatch, salloc: options, leftovers */
moment submit_register;		/* srun, slurmstepd: options */
moment submit_batch_job;	/* sbatch, salloc: check, make the hint */
moment submit_srun;		/* srun: check, unless inside a job */

/* stepd.c: around the batch script */
moment stepd_prepare;
moment stepd_begin;
moment stepd_end;

/* epilog.c: on every node when the job is over */
moment epilog_after;

#endif /* PLUGIN_MOMENTS_H */
