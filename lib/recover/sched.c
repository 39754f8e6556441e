/* SPDX-License-Identifier: Apache-2.0 */
/* sched.c - what a view of a job holds on to */

#include <stdlib.h>

#include "recover/sched.h"

void job_view_free(struct job_view *j)
{
	free(j->nodes);
	free(j->exc_nodes);
	free(j->req_nodes);
	*j = (struct job_view){ 0 };
}
