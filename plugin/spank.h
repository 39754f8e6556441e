/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spank.h - SPANK, as the plugin sees it
 *
 * Everything here is hidden by -fvisibility=hidden but what Slurm looks for:
 * its host exports some 1500 names without a prefix, and a name of ours that
 * is visible would be replaced by the host's of the same name.
 */
#ifndef PLUGIN_SPANK_H
#define PLUGIN_SPANK_H

#include <stdint.h>
#include <sys/types.h>

#pragma GCC visibility push(default)
#include <slurm/spank.h>
#pragma GCC visibility pop

/* SLURM_BATCH_SCRIPT of <slurm/slurm.h>, the only thing needed from there. */
#define SPANK_BATCH_STEP UINT32_C(0xfffffffb)

/* spank_job_control_setenv("BELAY_HINT") in sbatch comes out under these. */
#define HINT_IN_JOB "SLURM_SPANK_BELAY_HINT"
#define HINT_IN_EPILOG "SPANK_BELAY_HINT"
#define HINT_SIZE 256

#endif /* PLUGIN_SPANK_H */
