/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - the journal of a handle, and what only says "I am alive" */

#include "api/handle.h"
#include "base/clock.h"
#include "journal/journal.h"

#define BEAT_NS 1000000000ll

int api_record(struct belay *b, const struct event *e, struct belay_error *err)
{
	if (!b->journal)
		b->journal = journal_open(b->run, b->attempt, "api",
					  JOURNAL_SMALL, err);
	return b->journal && event_add(b->journal, e, err) ? 0 : -1;
}

int api_commit(struct belay *b, struct belay_error *err)
{
	if (b->journal && journal_pending(b->journal))
		return journal_commit(b->journal, err);
	return 0;
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
