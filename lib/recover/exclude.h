/* SPDX-License-Identifier: Apache-2.0 */
/* exclude.h - the list of nodes that a job is to keep away from */
#ifndef RECOVER_EXCLUDE_H
#define RECOVER_EXCLUDE_H

#include "recover/recover.h"

/*
 * *list becomes the job's new ExcNodeList (the caller frees), or NULL when it
 * is to stay as it is: what it holds now, without what belay added before, and
 * with the suspects that have not expired, the latest first, as long as
 *
 *	the job did not ask for the node itself,
 *	there are at most EXCLUDE_PERCENT of the cluster, or one (of a cluster
 *		of unknown size: as many as are on the list already),
 *	and enough nodes are left for the job.
 */
int exclude_list(const struct plan_input *in, char **list,
		 struct belay_error *err);

#define EXCLUDE_PERCENT 10

#endif /* RECOVER_EXCLUDE_H */
