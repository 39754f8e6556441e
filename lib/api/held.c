/* SPDX-License-Identifier: Apache-2.0 */
/* held.c - the runs that this process itself has begun attempts of */

#include <pthread.h>
#include <sys/stat.h>

#include "api/held.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct held *first;
static int watching;		/* 0, or why a fork would not be seen */

/* ---- forks ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* Handles belong to the process that opened them. */
static void in_child(void)
{
	first = NULL;
	pthread_mutex_unlock(&lock);
}

static void watch(void)
{
	watching = pthread_atfork(before_fork, in_parent, in_child);
}

/* ---- the list ---- */

/* By its directory, which may have been named in more ways than one. */
static int is_same(const struct run *a, const struct run *b)
{
	struct stat x, y;

	return fstat(a->dirfd, &x) == 0 && fstat(b->dirfd, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const struct held *find(const struct run *r)
{
	const struct held *h = first;

	while (h && !is_same(h->run, r))
		h = h->next;
	return h;
}

int held_add(struct held *h, const struct run *r, struct belay_error *err)
{
	const struct held *other;

	pthread_once(&once, watch);
	if (watching)
		return err_nomem(err);
	pthread_mutex_lock(&lock);
	other = find(r);
	if (!other) {
		*h = (struct held){ .next = first, .run = r };
		first = h;
	}
	pthread_mutex_unlock(&lock);
	return !other ? 0 : err_set(err, BELAY_EBUSY, "this process works on "
				    "run '%s' already; close it first", r->name);
}

void held_drop(struct held *h)
{
	struct held **at;

	if (!h->run)
		return;
	pthread_mutex_lock(&lock);
	for (at = &first; *at && *at != h; at = &(*at)->next)
		;
	if (*at)
		*at = h->next;
	pthread_mutex_unlock(&lock);
}
