/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.c - several threads do numbered pieces of one task
 *
 * A program's signals are its own: none is delivered to a thread of ours.
 */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "pack/team.h"

#define USUAL_MAX 4u

struct team {
	uint64_t n;
	team_fn f;
	void *arg;
	_Atomic uint64_t next;
	_Atomic unsigned workers;
	_Atomic int failed;
	struct belay_error err;	/* of the one who set failed */
};

unsigned team_processors(void)
{
	cpu_set_t mine;

	if (sched_getaffinity(0, sizeof(mine), &mine) < 0)
		return USUAL_MAX;
	return (unsigned)CPU_COUNT(&mine);
}

unsigned team_size(unsigned threads)
{
	if (threads)
		return threads < TEAM_MAX ? threads : TEAM_MAX;
	threads = team_processors();
	return threads < USUAL_MAX ? threads : USUAL_MAX;
}

static void *work(void *arg)
{
	struct team *t = arg;
	unsigned worker = atomic_fetch_add(&t->workers, 1);
	struct belay_error err;
	uint64_t piece;

	while (!atomic_load(&t->failed) &&
	       (piece = atomic_fetch_add(&t->next, 1)) < t->n)
		if (t->f(worker, piece, t->arg, &err) < 0 &&
		    !atomic_exchange(&t->failed, 1))
			t->err = err;
	return NULL;
}

int team_start(void *(*f)(void *), void *arg, unsigned long *thread)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(thread, NULL, f, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int team_do(unsigned threads, uint64_t n, team_fn f, void *arg,
	    struct belay_error *err)
{
	struct team t = { .n = n, .f = f, .arg = arg };
	pthread_t helper[TEAM_MAX];
	unsigned helpers = 0;

	while (helpers + 1 < threads && helpers + 1 < n &&
	       team_start(work, &t, &helper[helpers]) == 0)
		helpers++;
	work(&t);
	while (helpers)
		pthread_join(helper[--helpers], NULL);
	if (!atomic_load(&t.failed))
		return 0;
	if (err)
		*err = t.err;
	return -1;
}
