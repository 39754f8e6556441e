/* SPDX-License-Identifier: Apache-2.0 */
/* offer.c - the checkpoint that an attempt may start from */

#include <inttypes.h>
#include <stdlib.h>

#include "checkpoint/checkpoint.h"
#include "dispatch/offer.h"

/* Every byte would take too long here: `belay checkpoint verify` does that. */
static bool passes(struct run *r, struct checkpoint *c, struct buf *say)
{
	struct belay_error why;

	if (checkpoint_check(r, c, false, &why) == 0)
		return true;
	buf_printf(say, "checkpoint %" PRIu64 " %s: %s\n", c->id,
		   checkpoint_is_damage(&why) ? "is damaged" : "cannot be read",
		   why.text);
	/* a mark is for ever: what cannot be known now gets none */
	if (checkpoint_is_damage(&why))
		checkpoint_mark_damaged(r, c->id, why.text, NULL);
	c->damaged = true;
	return false;
}

static int list_ids(const struct checkpoint_list *list, struct offer *out,
		    struct belay_error *err)
{
	out->ids = calloc(list->n + 1, sizeof(*out->ids));
	if (!out->ids)
		return err_nomem(err);
	for (unsigned i = 0; i < list->n; i++)
		out->ids[i] = list->c[i].id;
	out->n_ids = list->n;
	return 0;
}

int offer_find(struct run *r, bool wanted, struct offer *out, struct buf *say,
	       struct belay_error *err)
{
	struct checkpoint *c = NULL;
	struct checkpoint_list list;
	int rc;

	*out = (struct offer){ 0 };
	if (checkpoint_list(r, &list, err) < 0)
		return -1;
	rc = list_ids(&list, out, err);
	while (rc == 0 && wanted && (c = checkpoint_newest_good(&list)) &&
	       !passes(r, c, say))
		;
	out->id = c ? c->id : 0;
	out->all_damaged = wanted && list.n && !c;
	checkpoint_list_free(&list);
	return rc;
}
