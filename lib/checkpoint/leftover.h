/* SPDX-License-Identifier: Apache-2.0 */
/* leftover.h - temporary files of restores that were killed */
#ifndef CHECKPOINT_LEFTOVER_H
#define CHECKPOINT_LEFTOVER_H

#include "checkpoint/checkpoint.h"

#define LEFTOVER_PREFIX 128

/* What the names of this process's temporary files begin with. */
void leftover_prefix(const struct run *r, char out[LEFTOVER_PREFIX]);
/*
 * Remove, where files of c go below `into`, what restores of this run left that
 * are surely over: those of an older attempt, and those of a process of this
 * machine that is gone.
 */
void leftover_sweep(const struct run *r, const struct checkpoint *c, int into);

#endif /* CHECKPOINT_LEFTOVER_H */
