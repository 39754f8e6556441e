/* SPDX-License-Identifier: Apache-2.0 */
/* members.c - who of the crew holds which chunks; pure */

#include <stdio.h>
#include <stdlib.h>

#include "cmd/map/members.h"

int members_add(struct members *all, const char *node, unsigned slots,
		struct belay_error *err)
{
	struct member *m;

	if (all->n == all->cap) {
		unsigned cap = all->cap ? 2 * all->cap : 8;

		m = reallocarray(all->m, cap, sizeof(*m));
		if (!m)
			return err_nomem(err);
		all->m = m;
		all->cap = cap;
	}
	m = &all->m[all->n++];
	*m = (struct member){ .slots = slots, .present = true };
	snprintf(m->node, sizeof(m->node), "%s", node);
	all->present++;
	all->slots += slots;
	return 0;
}

int member_take(struct member *m, uint64_t chunk, uint32_t try,
		struct belay_error *err)
{
	if (m->n == m->cap) {
		unsigned cap = m->cap ? 2 * m->cap : 8;
		struct held *held = reallocarray(m->held, cap, sizeof(*held));

		if (!held)
			return err_nomem(err);
		m->held = held;
		m->cap = cap;
	}
	m->held[m->n++] = (struct held){ .chunk = chunk, .try = try };
	return 0;
}

struct held *member_find(struct member *m, uint64_t chunk)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->held[i].chunk == chunk)
			return &m->held[i];
	return NULL;
}

void members_begun(struct members *all, struct held *h)
{
	if (!h->begun)
		all->begun++;
	h->begun = true;
	all->stuck -= h->stuck;
	h->stuck = false;
}

void members_stuck(struct members *all, struct held *h)
{
	all->stuck += !h->stuck;
	h->stuck = true;
}

bool members_work(const struct members *all)
{
	for (unsigned i = 0; i < all->n; i++)
		for (unsigned k = 0; k < all->m[i].n; k++)
			if (all->m[i].held[k].begun && !all->m[i].held[k].stuck)
				return true;
	return false;
}

void members_release(struct members *all, struct member *m, struct held *h)
{
	all->begun -= h->begun;
	all->stuck -= h->stuck;
	*h = m->held[--m->n];
}

void members_leave(struct members *all, struct member *m)
{
	while (m->n)
		members_release(all, m, &m->held[0]);
	if (!m->present)
		return;
	m->present = false;
	all->present--;
	all->slots -= m->slots;
}

void members_free(struct members *all)
{
	for (unsigned i = 0; i < all->n; i++)
		free(all->m[i].held);
	free(all->m);
	*all = (struct members){ 0 };
}
