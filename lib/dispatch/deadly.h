/* SPDX-License-Identifier: Apache-2.0 */
/* deadly.h - a checkpoint that nobody gets far with */
#ifndef DISPATCH_DEADLY_H
#define DISPATCH_DEADLY_H

#include "checkpoint/checkpoint.h"

/*
 * The id of the checkpoint that the last two attempts have restored, and then
 * died of their own without a chunk, a checkpoint or a beat; 0: there is none,
 * or it cannot be known.
 */
uint64_t deadly_checkpoint(struct run *r, const struct checkpoint_list *list);

#endif /* DISPATCH_DEADLY_H */
