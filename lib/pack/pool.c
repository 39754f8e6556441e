/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - memory for copies */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "pack/pool.h"

#define SLAB (128ull << 20)	/* room only: it takes what is written to it */
#define SLAB_COPIES (SLAB / RUN_BYTES)
#define SMALL (RUN_BYTES / 8)	/* is malloc's, and given back when stored */

struct slab {
	struct slab *next;
	void *map;
	int fd;			/* or -1: plain memory */
	struct copy copy[SLAB_COPIES];
};

/* One that is larger than all there may be is let in alone. */
bool pool_has_room(const struct pool *p, size_t bytes)
{
	return !p->used || p->used + bytes <= p->max;
}

/* A limit on the size of files holds for those in memory, too, and kills. */
static int memory_file(void)
{
	_auto_close_ int fd = -1;
	struct rlimit most;

	if (getrlimit(RLIMIT_FSIZE, &most) < 0 || most.rlim_cur < SLAB)
		return -1;
	fd = memfd_create("belay", MFD_CLOEXEC);
	return fd < 0 || ftruncate(fd, SLAB) < 0 ? -1 : take_fd(&fd);
}

static int map_slab(struct slab *s)
{
	s->fd = memory_file();
	s->map = mmap(NULL, SLAB, PROT_READ | PROT_WRITE, s->fd < 0 ?
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED,
		      s->fd, 0);
	if (s->map == MAP_FAILED) {
		base_closep(&s->fd);
		return -1;
	}
	for (unsigned i = 0; i < SLAB_COPIES; i++) {
		s->copy[i].at = (uint64_t)i * RUN_BYTES;
		s->copy[i].data = (uint8_t *)s->map + s->copy[i].at;
		s->copy[i].fd = s->fd;
	}
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

	if (!c)
		return NULL;
	c->data = (uint8_t *)(c + 1);
	c->fd = -1;
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

void copy_fill(struct copy *c, const void *data)
{
	ssize_t n = c->fd < 0 ? 0 :
		    pwrite(c->fd, data, c->bytes, (off_t)c->at);

	if (n < 0)
		n = 0;
	if ((size_t)n < c->bytes)	/* interrupted, or it cannot be written */
		memcpy(c->data + n, (const char *)data + n,
		       c->bytes - (size_t)n);
}

void pool_fini(struct pool *p)
{
	struct slab *next;

	for (; p->slab; p->slab = next) {
		next = p->slab->next;
		munmap(p->slab->map, SLAB);
		base_closep(&p->slab->fd);
		free(p->slab);
	}
	p->spare = NULL;
}
