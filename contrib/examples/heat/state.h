/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - the field and the step it is at, kept by belay */
#ifndef HEAT_STATE_H
#define HEAT_STATE_H

#include <belay/belay.h>

#include "field.h"

/* Of all ranks; NULL where nothing protects this job, which is said. */
struct belay *state_open(int rank, int ranks);

/* Every rank reads its rows from whatever ranks have written them: 1, 0: there
 * is no checkpoint, nothing was touched. */
int state_restore(struct belay *b, struct field *f, uint64_t *step);

/* Every rank its rows, without talking. */
void state_save(struct belay *b, const struct field *f, uint64_t step);

/* Whether it is time for that: rank 0 decides for all. */
int state_is_due(struct belay *b);

#endif /* HEAT_STATE_H */
