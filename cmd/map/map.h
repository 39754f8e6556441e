/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - 'belay map': run every chunk that is not done */
#ifndef CMD_MAP_MAP_H
#define CMD_MAP_MAP_H

#include "cmd/belay/verb.h"

extern const struct verb verb_map;
extern const struct verb verb_map_worker;	/* what srun starts on a node */

#endif /* CMD_MAP_MAP_H */
