/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.c - make events durable without making anybody wait */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/map/recorder.h"

enum recorder_state { IDLE, GIVEN, AGAIN, DEALT_WITH, LEAVE };

struct recorder {
	struct journal_writer *journal;
	pthread_t thread;
	bool has_thread;
	int eventfd;
	pthread_mutex_t lock;	/* of everything below */
	pthread_cond_t changed;
	enum recorder_state state;
	const struct event *events;
	size_t n, added;	/* added: to the journal's pending batch */
	int rc;
	struct belay_error err;
};

/* What failed stays pending in the journal: it is added only once. */
static int record(struct recorder *r)
{
	for (; r->added < r->n; r->added++)
		if (!event_add(r->journal, &r->events[r->added], &r->err))
			return -1;
	return journal_commit(r->journal, &r->err);
}

static void tell(struct recorder *r)
{
	const uint64_t one = 1;
	ssize_t n;

	do {
		n = write(r->eventfd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
}

static void *recorder_thread(void *arg)
{
	struct recorder *r = arg;

	pthread_mutex_lock(&r->lock);
	while (r->state != LEAVE) {
		if (r->state != GIVEN && r->state != AGAIN) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		r->rc = record(r);
		pthread_mutex_lock(&r->lock);
		r->state = DEALT_WITH;
		pthread_cond_signal(&r->changed);
		tell(r);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct recorder *recorder_new(struct journal_writer *w, struct belay_error *err)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r) {
		err_nomem(err);
		return NULL;
	}
	r->journal = w;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->eventfd >= 0 && w)
		r->has_thread = pthread_create(&r->thread, NULL,
					       recorder_thread, r) == 0;
	if (r->eventfd < 0 || (w && !r->has_thread)) {
		err_sys(err, "cannot start recording");
		recorder_free(r);
		return NULL;
	}
	return r;
}

int recorder_fd(const struct recorder *r)
{
	return r->eventfd;
}

bool recorder_is_busy(const struct recorder *r)
{
	return r->n > 0;
}

static void hand_over(struct recorder *r, enum recorder_state state)
{
	pthread_mutex_lock(&r->lock);
	r->state = r->journal ? state : DEALT_WITH;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (!r->journal)
		tell(r);
}

void recorder_begin(struct recorder *r, const struct event *events, size_t n)
{
	r->events = events;
	r->n = n;
	r->added = 0;
	hand_over(r, GIVEN);
}

void recorder_retry(struct recorder *r)
{
	hand_over(r, AGAIN);
}

int recorder_collect(struct recorder *r, struct belay_error *err)
{
	uint64_t count;
	bool dealt_with;

	if (read(r->eventfd, &count, sizeof(count)) < 0)
		return 0;
	pthread_mutex_lock(&r->lock);
	dealt_with = r->state == DEALT_WITH;
	if (dealt_with)
		r->state = IDLE;
	pthread_mutex_unlock(&r->lock);
	if (!dealt_with)
		return 0;
	if (r->rc < 0) {
		*err = r->err;
		return -1;
	}
	r->n = 0;
	return 1;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	if (r->has_thread) {
		pthread_mutex_lock(&r->lock);
		while (r->state == GIVEN || r->state == AGAIN)
			pthread_cond_wait(&r->changed, &r->lock);
		r->state = LEAVE;
		pthread_cond_signal(&r->changed);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	if (r->eventfd >= 0)
		close(r->eventfd);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
