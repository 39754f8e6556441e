/* SPDX-License-Identifier: Apache-2.0 */
/* suspects.c - which nodes are left out, and until when */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/suspects.h"

/* A node that is left out already stays so until the later of both times. */
static void leave_out(struct decision *d, const char *node, int64_t until_us)
{
	struct left_out *l = d->left_out;
	unsigned i = 0;

	while (i < d->n_left_out && strcmp(l[i].node, node))
		i++;
	if (i == d->n_left_out) {
		snprintf(l[i].node, sizeof(l[i].node), "%s", node);
		l[i].until_us = until_us;
		d->n_left_out++;
	} else if (l[i].until_us < until_us) {
		l[i].until_us = until_us;
	}
}

int suspects_leave_out(const struct question *q, struct decision *d,
		       struct belay_error *err)
{
	const struct hosts *suspects = &q->verdict->suspects;
	int64_t until = q->now_us +
			(int64_t)(q->policy->exclude_for_s * 1000000);
	bool blames = d->action == ACTION_FAILOVER ||
		      d->action == ACTION_RESTORE;

	d->left_out = calloc(q->n_left_out + suspects->n + 1,
			     sizeof(*d->left_out));
	if (!d->left_out)
		return err_nomem(err);
	for (unsigned i = 0; i < q->n_left_out; i++)
		if (q->left_out[i].until_us > q->now_us)
			leave_out(d, q->left_out[i].node,
				  q->left_out[i].until_us);
	for (size_t i = 0; blames && until > q->now_us && i < suspects->n; i++)
		leave_out(d, suspects->name[i], until);
	return 0;
}
