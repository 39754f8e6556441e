/* SPDX-License-Identifier: Apache-2.0 */
/* async.c - threads store what was copied while the caller goes on */

#include <pthread.h>
#include <stdlib.h>

#include "pack/pool.h"

#define USUAL_MEMORY (1ull << 30)

struct async {
	struct pack_writer *w;
	pthread_t thread[TEAM_MAX];
	unsigned threads;
	pthread_mutex_t lock;	/* of everything below */
	pthread_cond_t changed;
	struct pool pool;
	struct copy *first, **last;	/* to be stored */
	unsigned started;	/* workers that have a number */
	bool copying;		/* a put is on its way, */
	unsigned waiting;	/* and so many of its threads want room */
	bool ending, failed;
	struct belay_error err;
};

/* The next to be stored, or NULL: there will be none. */
static struct copy *next_copy(struct async *a)
{
	struct copy *c;

	while (!a->ending && (!a->first || (a->copying && !a->waiting)))
		pthread_cond_wait(&a->changed, &a->lock);
	c = a->first;
	if (!c)
		return NULL;
	a->first = c->next;
	if (!a->first)
		a->last = &a->first;
	return c;
}

static void *work(void *arg)
{
	struct async *a = arg;
	struct belay_error err;
	struct copy *c;
	unsigned worker;
	int rc;

	pthread_mutex_lock(&a->lock);
	worker = a->started++;
	while ((c = next_copy(a))) {
		bool drop = a->failed;

		pthread_mutex_unlock(&a->lock);
		rc = drop ? 0 : writer_store(a->w, worker, &c->run, &err);
		pthread_mutex_lock(&a->lock);
		pool_return(&a->pool, c);
		if (rc < 0 && !a->failed) {
			a->failed = true;
			a->err = err;
		}
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

struct async *async_start(struct pack_writer *w)
{
	struct async *a = calloc(1, sizeof(*a));
	unsigned wanted = team_size(w->opt.threads);

	if (!a)
		return NULL;
	a->w = w;
	a->last = &a->first;
	a->pool.max = w->opt.memory_max ? w->opt.memory_max : USUAL_MEMORY;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	while (a->threads < wanted &&
	       team_start(work, a, &a->thread[a->threads]) == 0)
		a->threads++;
	if (a->threads)
		return a;
	async_end(a, true, NULL);
	return NULL;
}

void async_copying(struct async *a, bool begin)
{
	pthread_mutex_lock(&a->lock);
	a->copying = begin;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static void wait_for_room(struct async *a, size_t bytes)
{
	a->waiting++;
	pthread_cond_broadcast(&a->changed);
	while (!a->failed && !pool_has_room(&a->pool, bytes))
		pthread_cond_wait(&a->changed, &a->lock);
	a->waiting--;
}

struct copy *async_room(struct async *a, size_t bytes, struct belay_error *err)
{
	struct copy *c = NULL;

	pthread_mutex_lock(&a->lock);
	if (!a->failed && !pool_has_room(&a->pool, bytes))
		wait_for_room(a, bytes);
	if (!a->failed)
		c = pool_take(&a->pool, bytes);
	if (!c && a->failed && err)
		*err = a->err;
	else if (!c)
		err_nomem(err);
	pthread_mutex_unlock(&a->lock);
	return c;
}

void async_store(struct async *a, struct copy *c)
{
	pthread_mutex_lock(&a->lock);
	*a->last = c;
	a->last = &c->next;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

void async_return(struct async *a, struct copy *c)
{
	pthread_mutex_lock(&a->lock);
	pool_return(&a->pool, c);
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

int async_end(struct async *a, bool drop, struct belay_error *err)
{
	int rc;

	pthread_mutex_lock(&a->lock);
	a->ending = true;
	a->failed = a->failed || drop;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	while (a->threads)
		pthread_join(a->thread[--a->threads], NULL);
	rc = a->failed ? -1 : 0;
	if (rc < 0 && err)
		*err = a->err;
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	pool_fini(&a->pool);
	free(a);
	return rc;
}

void async_forget(struct async *a)
{
	struct copy *next;

	for (; a->first; a->first = next) {
		next = a->first->next;
		pool_return(&a->pool, a->first);
	}
	pool_fini(&a->pool);
	free(a);
}
