/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_base.c - the checkpoint before, whose blocks need not be written again
 *
 * What it needs of others' is linked beside what is written: if one link cannot
 * be made, none is, and the part holds all of its blocks itself.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/packed_writer.h"
#include "checkpoint/store.h"
#include "fs/tree.h"

static const struct checkpoint *find_base(const struct checkpoint_list *list,
					  unsigned rank)
{
	for (unsigned i = list->n; i-- > 0;) {
		const struct checkpoint *c = &list->c[i];

		if (!c->late && !c->damaged && c->ranks > rank)
			return c;
	}
	return NULL;
}

static int link_one(struct packed_writer *w, int from, const char *name,
		    const char *as)
{
	if (fs_link(from, name, w->fd, as, NULL) < 0)
		return -1;
	snprintf(w->link[w->n_links++], sizeof(w->link[0]), "%s", as);
	return 0;
}

static int link_all(struct packed_writer *w, int from, uint64_t id)
{
	struct pack_parent parent[PACK_PARENTS_MAX];
	unsigned n = pack_base_parents(w->base, parent);
	char part[PACKED_NAME], as[PACKED_NAME];

	if (link_one(w, from, packed_part(w->rank, part),
		     packed_parent(id, w->rank, as)) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (link_one(w, from, parent[i].name, parent[i].name) < 0)
			return -1;
	return 0;
}

static void do_without(struct packed_writer *w)
{
	for (unsigned i = 0; i < w->n_links; i++)
		fs_remove(w->fd, w->link[i], NULL);
	w->n_links = 0;
	w->unshared = true;
	pack_close(w->base);
	w->base = NULL;
}

void packed_take_base(struct packed_writer *w,
		      const struct checkpoint_list *list)
{
	const struct checkpoint *c = find_base(list, w->rank);
	_auto_close_ int from = c ? store_open_id(w->run, c->id, NULL) : -1;
	char part[PACKED_NAME];

	if (from < 0)
		return;
	w->base = pack_open(from, packed_part(w->rank, part),
			    &c->parts[w->rank].index, NULL);
	if (w->base && link_all(w, from, c->id) < 0)
		do_without(w);
}

static bool is_used(const struct packed_writer *w, const char *name)
{
	for (unsigned i = 0; i < w->sum.n_parents; i++)
		if (!strcmp(w->sum.parent[i].name, name))
			return true;
	return false;
}

int packed_drop_links(struct packed_writer *w, struct belay_error *err)
{
	for (unsigned i = 0; i < w->n_links; i++)
		if (!is_used(w, w->link[i]) &&
		    fs_remove(w->fd, w->link[i], err) < 0)
			return -1;
	return 0;
}
