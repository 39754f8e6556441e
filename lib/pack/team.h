/* SPDX-License-Identifier: Apache-2.0 */
/* team.h - several threads do numbered pieces of one task */
#ifndef PACK_TEAM_H
#define PACK_TEAM_H

#include <stdint.h>

#include "base/error.h"

#define TEAM_MAX 64u

/* One piece; worker, below the number of threads, is nobody else's now. */
typedef int (*team_fn)(unsigned worker, uint64_t piece, void *arg,
		       struct belay_error *err);

unsigned team_processors(void);	/* that this process may use */
/* What 0 means, and no more than TEAM_MAX. */
unsigned team_size(unsigned threads);

/*
 * Pieces 0 to n - 1 by at most that many threads, the caller among them; fewer
 * if the system gives no more.  Begun roughly in their order.  After an error
 * no piece is begun, and one of the errors is returned.
 */
int team_do(unsigned threads, uint64_t n, team_fn f, void *arg,
	    struct belay_error *err);

/* A thread with all signals blocked; 0, or an errno. */
int team_start(void *(*f)(void *), void *arg, unsigned long *thread);

#endif /* PACK_TEAM_H */
