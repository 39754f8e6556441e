/* SPDX-License-Identifier: Apache-2.0 */
/* crew_local.c - a crew of one: this process runs the chunks itself */

#include <stdlib.h>

#include "cmd/map/workplace.h"

struct local {
	struct crew crew;	/* first: the one is the other */
	struct workplace place;
	bool joined, stopped;
};

static struct local *local_of(const struct crew *c)
{
	return (struct local *)(uintptr_t)c;
}

static void begun(void *arg, uint64_t chunk, uint32_t try)
{
	const struct crew_listener *l = &((struct local *)arg)->crew.listener;

	l->begun(l->arg, 0, chunk, try);
}

static void ended(void *arg, struct result *r)
{
	const struct crew_listener *l = &((struct local *)arg)->crew.listener;

	l->ended(l->arg, 0, r);
}

static void stuck(void *arg, uint64_t chunk, const char *why)
{
	const struct crew_listener *l = &((struct local *)arg)->crew.listener;

	l->stuck(l->arg, 0, chunk, why);
}

static int local_fd(const struct crew *c)
{
	return executor_fd(local_of(c)->place.executor);
}

static int local_wait_ms(const struct crew *c)
{
	const struct local *l = local_of(c);

	return l->joined ? executor_wait_ms(l->place.executor) : 0;
}

static void local_turn(struct crew *c)
{
	struct local *l = local_of(c);

	if (!l->joined) {
		l->joined = true;
		c->listener.joined(c->listener.arg, 0, l->place.node,
				   l->place.spec.slots);
	}
	executor_turn(l->place.executor);
}

static int local_run(struct crew *c, unsigned member, uint64_t chunk,
		     uint32_t try, const char *item, struct belay_error *err)
{
	(void)member;
	return executor_add(local_of(c)->place.executor, chunk, try, item, err);
}

static void local_stop(struct crew *c)
{
	struct local *l = local_of(c);

	if (!l->stopped)
		executor_stop(l->place.executor);
	l->stopped = true;
}

static bool local_is_over(const struct crew *c)
{
	const struct local *l = local_of(c);

	return l->stopped && !executor_running(l->place.executor);
}

static void local_free(struct crew *c)
{
	workplace_close(&local_of(c)->place);
	free(c);
}

static const struct crew_kind local_kind = {
	.fd = local_fd, .wait_ms = local_wait_ms, .turn = local_turn,
	.run = local_run, .stop = local_stop, .is_over = local_is_over,
	.free = local_free,
};

struct crew *crew_local(const struct work *w, const struct crew_listener *l,
			struct belay_error *err)
{
	struct local *new = calloc(1, sizeof(*new));

	if (!new) {
		err_nomem(err);
		return NULL;
	}
	new->crew = (struct crew){ .kind = &local_kind, .listener = *l };
	if (workplace_open(&new->place, w, &(struct executor_spec){
		.begun = begun, .ended = ended, .stuck = stuck, .arg = new,
	    }, err) < 0) {
		free(new);
		return NULL;
	}
	return &new->crew;
}
