/* SPDX-License-Identifier: Apache-2.0 */
/* ended.c - how a chunk ended: done, with or without a result, or failed */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/array.h"
#include "api/chunks.h"
#include "base/clock.h"
#include "base/digest.h"
#include "chunk/set.h"

/* More than that is not kept in memory, whatever the batch is. */
#define WAITING_MAX (16u << 20)

static struct chunk_set *look_up(struct belay *b, const char *name,
				 uint64_t chunk, struct api_set **s,
				 struct belay_error *err)
{
	*s = api_set_find(b, name, err);
	if (!*s)
		return NULL;
	if (chunk >= (*s)->count) {
		err_set(err, BELAY_EINVAL, "no chunk %" PRIu64 ": set '%s' has "
			"%" PRIu64 ", counted from 0", chunk, (*s)->name,
			(*s)->count);
		return NULL;
	}
	return api_set_state(b, *s, err);
}

/* The event of a chunk that was handed out here, or not. */
static void about(struct api_set *s, uint64_t chunk, enum event_type type,
		  struct event *e)
{
	struct api_begun was = api_begun_take(&s->begun, chunk);

	*e = (struct event){ .type = type, .chunk = chunk, .try = was.try };
	if (was.try)
		e->duration_us = (uint64_t)(clock_mono_ns() - was.since_ns) /
				 1000;
}

/* ---- done ---- */

static int keep_result(struct api_chunks *c, const struct belay_array *arrays,
		       unsigned n, struct api_done *d, struct belay_error *err)
{
	_auto_buf_ struct buf bytes = { 0 };
	struct buf *to = &c->inlined;
	struct digest digest;

	if (!n)
		return 0;
	if (api_encode_result(arrays, n, &bytes, err) < 0)
		return -1;
	d->result.kind = RESULT_INLINE;
	d->result.length = bytes.len;
	if (bytes.len > RESULT_INLINE_MAX) {
		d->result.kind = RESULT_FILE;
		digest = digest_of(bytes.data, bytes.len);
		memcpy(d->result.digest, digest.bytes, sizeof(digest.bytes));
		to = &c->filed;
		c->written = false;
	}
	d->at = to->len;
	buf_add(to, bytes.data, bytes.len);
	if (!to->failed)
		return 0;
	to->failed = false;	/* nothing was added, and the next may fit */
	return err_nomem(err);
}

static int wait_for_commit(struct api_chunks *c, const struct api_done *d,
			   struct belay_error *err)
{
	if (c->n_done == c->cap_done) {
		size_t cap = c->cap_done ? 2 * c->cap_done : 16;
		struct api_done *grown = realloc(c->done, cap * sizeof(*grown));

		if (!grown)
			return err_nomem(err);
		c->done = grown;
		c->cap_done = cap;
	}
	c->done[c->n_done++] = *d;
	return 0;
}

static bool is_enough(const struct belay *b)
{
	const struct api_chunks *c = b->chunks;

	return c->n_done >= b->options.batch ||
	       c->inlined.len + c->filed.len > WAITING_MAX;
}

static int done(struct belay *b, struct api_set *s, uint64_t chunk,
		const struct belay_array *arrays, unsigned n,
		struct belay_error *err)
{
	struct api_done d = { .set = s->number, .chunk = chunk };
	struct event e;

	if (keep_result(b->chunks, arrays, n, &d, err) < 0)
		return -1;
	about(s, chunk, EVENT_CHUNK_DONE, &e);
	d.try = e.try;
	d.duration_us = e.duration_us;
	if (api_chunk_record(b, s, &e, err) < 0 ||
	    wait_for_commit(b->chunks, &d, err) < 0)
		return -1;
	return is_enough(b) ? api_commit(b, err) : 0;
}

int belay_chunk_done_with(struct belay *b, const char *set, uint64_t chunk,
			  const struct belay_array *arrays, unsigned n,
			  struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	const struct chunk_set *is;
	struct api_set *s;

	if (!mine)
		return -1;
	if (n && !arrays)
		return err_set(err, BELAY_EINVAL, "no arrays are given");
	is = look_up(b, set, chunk, &s, err);
	if (!is)
		return -1;
	if (is->status[chunk] == CHUNK_DONE)	/* stays so */
		return is_enough(b) ? api_commit(b, err) : 0;
	return done(b, s, chunk, arrays, n, err);
}

int belay_chunk_done(struct belay *b, const char *set, uint64_t chunk,
		     struct belay_error *err)
{
	return belay_chunk_done_with(b, set, chunk, NULL, 0, err);
}

/* ---- failed ---- */

static int failed(struct belay *b, struct api_set *s, struct chunk_set *is,
		  uint64_t chunk, const char *reason, bool retryable,
		  struct belay_error *err)
{
	uint32_t times = chunk_troubles_had(is, chunk) + 1;
	bool again = retryable && times < b->settings.chunk_attempts;
	struct event e;

	about(s, chunk, EVENT_CHUNK_FAIL, &e);
	e.kind = FAIL_REPORTED;
	e.retryable = retryable;
	api_say(e.text, reason);
	if (api_chunk_record(b, s, &e, err) < 0)
		return -1;
	e = (struct event){ .type = EVENT_CHUNK_GIVE_UP, .chunk = chunk };
	snprintf(e.text, sizeof(e.text), "failed or was lost %u times", times);
	if (!again && api_chunk_record(b, s, &e, err) < 0)
		return -1;
	return api_commit(b, err) < 0 ? -1 : again;
}

int belay_chunk_fail(struct belay *b, const char *set, uint64_t chunk,
		     const char *reason, int worth_retrying,
		     struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct chunk_set *is;
	struct api_set *s;

	if (!mine)
		return -1;
	is = look_up(b, set, chunk, &s, err);
	if (!is)
		return -1;
	if (is->status[chunk] == CHUNK_DONE)
		return err_set(err, BELAY_EINVAL, "chunk %" PRIu64 " is done",
			       chunk);
	return failed(b, s, is, chunk, reason, worth_retrying, err);
}
