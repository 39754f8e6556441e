/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle.c - bring a chunk's files into place before it counts as done
 *
 * Files of a chunk that failed are not wanted; its output is, most of all.
 *
 * A full disk is not the chunk's fault: moving files into place is tried again.
 * But files of which a sync says that there was no room are gone, whatever the
 * next one says, so the chunk runs again.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/map/slot.h"
#include "journal/event.h"

static int keep_output(struct slot *s)
{
	static const char *const ending[] = { "out", "err" };
	const struct executor_spec *spec = s->spec;
	char name[NAME_MAX];

	s->kept.durable = false;	/* it is written anew */
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s.%llu.%s", spec->set,
			 (unsigned long long)s->result.chunk, ending[i]);
		if (capture_save(i ? &s->result.err : &s->result.out,
				 s->kept.fd, name, &s->err) < 0)
			return -1;
	}
	return stage_publish(spec->output, &s->kept, &s->err);
}

static int publish_files(struct slot *s)
{
	if (stage_publish(s->spec->into, &s->stage, &s->err) == 0)
		return 0;
	s->spoiled = !s->stage.durable;
	return err_prefix(&s->err, "files cannot be published");
}

static int settle(struct slot *s)
{
	s->spoiled = false;
	if (s->spec->output && keep_output(s) < 0)
		return err_prefix(&s->err, "output cannot be kept");
	return s->has_files ? publish_files(s) : 0;
}

static bool has_files(struct slot *s)
{
	return s->spec->into && s->result.kind == 0 &&
	       !stage_is_empty(&s->stage);
}

static void *settle_thread(void *arg)
{
	struct slot *s = arg;
	ssize_t n;

	s->settled = settle(s);
	do {
		n = write(s->notify_fd, &s, sizeof(s));
	} while (n < 0 && errno == EINTR);
	return NULL;
}

enum settled slot_settle(struct slot *s)
{
	/* what is moved already must not hide that there are files */
	if (s->state != SLOT_STUCK)
		s->has_files = has_files(s);
	if (!s->spec->output && !s->has_files)
		return SETTLED;
	s->state = SLOT_SETTLING;
	if (pthread_create(&s->thread, NULL, settle_thread, s) == 0)
		return SETTLED_LATER;
	s->settled = settle(s);
	s->thread = pthread_self();
	return slot_settled(s);
}

enum settled slot_settled(struct slot *s)
{
	if (!pthread_equal(s->thread, pthread_self()))
		pthread_join(s->thread, NULL);
	if (s->settled == 0 || s->result.kind)
		return SETTLED;
	if (err_is_no_room(&s->err))
		return s->spoiled ? SETTLED_SPOILED : SETTLED_NO_ROOM;
	s->result.kind = FAIL_REPORTED;
	snprintf(s->result.reason, sizeof(s->result.reason), "%.255s",
		 s->err.text);
	return SETTLED;
}
