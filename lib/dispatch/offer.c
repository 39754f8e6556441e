/* SPDX-License-Identifier: Apache-2.0 */
/* offer.c - the checkpoint that an attempt may start from */

#include <inttypes.h>
#include <stdlib.h>

#include "checkpoint/checkpoint.h"
#include "dispatch/deadly.h"
#include "dispatch/offer.h"

/* Why it is not offered; a mark is for ever, so what cannot be known now gets
 * none. */
static void pass_over(struct run *r, const struct checkpoint *c,
		      const struct belay_error *why, struct offer *out,
		      struct buf *say)
{
	bool damage = checkpoint_is_damage(why);

	buf_printf(say, "checkpoint %" PRIu64 " %s: %s\n", c->id,
		   damage ? "is damaged" : "cannot be read", why->text);
	out->all_damaged |= damage;
	out->unread |= !damage;
	if (damage)
		checkpoint_mark_damaged(r, c->id, why->text, NULL);
}

/* Every byte would take too long here: `belay checkpoint verify` does that. */
static const struct checkpoint *newest(struct run *r,
				       const struct checkpoint_list *list,
				       struct offer *out, struct buf *say)
{
	struct belay_error why;

	for (unsigned i = list->n; i-- > 0;) {
		const struct checkpoint *c = &list->c[i];

		if (c->late)
			continue;
		if (c->damaged && !c->unreadable) {
			out->all_damaged = true;
			continue;
		}
		if (checkpoint_check(r, c, false, &why) == 0)
			return c;
		pass_over(r, c, &why, out, say);
	}
	return NULL;
}

/* Of what is restored again and again, and gets nobody on, the one before may
 * do better; if there is none, it is all there is. */
static const struct checkpoint *step_over(struct run *r,
					  const struct checkpoint_list *list,
					  const struct checkpoint *c,
					  struct offer *out, struct buf *say)
{
	struct checkpoint_list older = *list;
	const struct checkpoint *before;

	if (deadly_checkpoint(r, list) != c->id)
		return c;
	older.n = (unsigned)(c - list->c);
	before = newest(r, &older, out, say);
	if (!before)
		return c;
	buf_printf(say, "checkpoint %" PRIu64 " was restored twice, and the "
		   "script died soon after; %" PRIu64 ", the one before, is "
		   "offered\n", c->id, before->id);
	return before;
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
	const struct checkpoint *c = NULL;
	struct checkpoint_list list;
	int rc;

	*out = (struct offer){ 0 };
	if (checkpoint_list(r, &list, err) < 0)
		return -1;
	rc = list_ids(&list, out, err);
	if (rc == 0 && wanted)
		c = newest(r, &list, out, say);
	if (c)
		c = step_over(r, &list, c, out, say);
	out->id = c ? c->id : 0;
	out->all_damaged &= !c && !out->unread;
	checkpoint_list_free(&list);
	return rc;
}
