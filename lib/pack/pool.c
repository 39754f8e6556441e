/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - memory for copies */

#include <stdlib.h>
#include <sys/mman.h>

#include "pack/pool.h"

#define HUGE_PAGE (2u << 20)
#define SLAB (32u << 20)
#define SLAB_COPIES (SLAB / RUN_BYTES)
#define SMALL (RUN_BYTES / 8)	/* is malloc's, and given back when stored */

struct slab {
	struct slab *next;
	void *map;
	size_t map_size;
	struct copy copy[SLAB_COPIES];
};

/* One that is larger than all there may be is let in alone. */
bool pool_has_room(const struct pool *p, size_t bytes)
{
	return !p->used || p->used + bytes <= p->max;
}

/* Begins at a huge page: a slab's worth is mapped, and one page more. */
static int map_slab(struct slab *s)
{
	uintptr_t at;

	s->map_size = SLAB + HUGE_PAGE;
	s->map = mmap(NULL, s->map_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->map == MAP_FAILED)
		return -1;
	madvise(s->map, s->map_size, MADV_HUGEPAGE);
	at = ((uintptr_t)s->map + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	for (unsigned i = 0; i < SLAB_COPIES; i++)
		s->copy[i].data = (uint8_t *)at + (size_t)i * RUN_BYTES;
	return 0;
}

static void add_slab(struct pool *p)
{
	struct slab *s = calloc(1, sizeof(*s));

	if (!s || map_slab(s) < 0) {
		free(s);
		return;
	}
	s->next = p->slab;
	p->slab = s;
	for (unsigned i = SLAB_COPIES; i-- > 0; ) {
		s->copy[i].next = p->spare;
		p->spare = &s->copy[i];
	}
}

static struct copy *small_copy(size_t bytes)
{
	struct copy *c = malloc(sizeof(*c) + bytes);

	if (c)
		c->data = (uint8_t *)(c + 1);
	return c;
}

struct copy *pool_take(struct pool *p, size_t bytes)
{
	struct copy *c;

	if (bytes > SMALL && !p->spare)
		add_slab(p);
	c = bytes > SMALL ? p->spare : small_copy(bytes);
	if (!c)
		return NULL;
	if (bytes > SMALL)
		p->spare = c->next;
	c->next = NULL;
	c->bytes = bytes;
	p->used += bytes;
	return c;
}

void pool_return(struct pool *p, struct copy *c)
{
	p->used -= c->bytes;
	if (c->bytes <= SMALL) {
		free(c);
		return;
	}
	c->next = p->spare;
	p->spare = c;
}

void pool_fini(struct pool *p)
{
	struct slab *next;

	for (; p->slab; p->slab = next) {
		next = p->slab->next;
		munmap(p->slab->map, p->slab->map_size);
		free(p->slab);
	}
	p->spare = NULL;
}
