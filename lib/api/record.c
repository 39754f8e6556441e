/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - the journal of a handle, and what only says "I am alive" */

#include <stdio.h>

#include "api/chunks.h"
#include "base/clock.h"
#include "journal/journal.h"

#define BEAT_NS 1000000000ll

/* Who has chunks has much to record. */
int api_journal(struct belay *b, struct belay_error *err)
{
	if (!b->journal)
		b->journal = journal_open(b->run, b->attempt, "api", b->chunks ?
					  JOURNAL_LARGE : JOURNAL_SMALL, err);
	return b->journal ? 0 : -1;
}

static void count(struct belay *b, const struct event *e)
{
	b->n_done += e->type == EVENT_CHUNK_DONE;
	b->n_failed += e->type == EVENT_CHUNK_FAIL;
	b->result_bytes += e->result.length;
}

int api_record(struct belay *b, const struct event *e, struct belay_error *err)
{
	struct belay_error why = { 0 };

	if (api_journal(b, err) < 0)
		return -1;
	count(b, e);
	if (event_add(b->journal, e, &why))
		return 0;
	/* too much for one batch: what is there goes first */
	if (why.code == BELAY_EBUSY)
		return journal_commit(b->journal, err) == 0 &&
		       event_add(b->journal, e, err) ? 0 : -1;
	if (err)
		*err = why;
	return -1;
}

int api_commit(struct belay *b, struct belay_error *err)
{
	if (api_completions_record(b, err) < 0 ||
	    api_progress_record(b, err) < 0)
		return -1;
	if (b->journal && journal_pending(b->journal))
		return journal_commit(b->journal, err);
	return 0;
}

void api_say(char out[EVENT_TEXT], const char *reason)
{
	snprintf(out, EVENT_TEXT, "%s", reason ? reason : "");
	for (; *out; out++)
		if ((unsigned char)*out < ' ' || *out == 0x7f)
			*out = ' ';
}

int belay_flush(struct belay *b, struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);

	return mine ? api_commit(mine, err) : -1;
}

int belay_beat(struct belay *b, struct belay_error *err)
{
	const struct event beat = { .type = EVENT_BEAT };
	_auto_turn_ struct belay *mine = api_enter(b, err);
	int64_t now = clock_mono_ns();

	if (!mine)
		return -1;
	if (b->beat_ns && now - b->beat_ns < BEAT_NS)
		return 0;
	if (api_record(b, &beat, err) < 0 || api_commit(b, err) < 0)
		return -1;
	b->beat_ns = now;
	return 0;
}
