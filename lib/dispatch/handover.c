/* SPDX-License-Identifier: Apache-2.0 */
/* handover.c - the environment that an attempt starts with */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "checkpoint/checkpoint.h"
#include "dispatch/act.h"
#include "dispatch/handover.h"

#define VALUE_MAX 4000		/* a line to the plugin has 4096 bytes */

typedef void put_fn(const struct handover *h, struct buf *out);

static void put_run(const struct handover *h, struct buf *out)
{
	buf_puts(out, h->run->name);
}

static void put_dir(const struct handover *h, struct buf *out)
{
	buf_puts(out, h->run->dir);
}

static void put_root(const struct handover *h, struct buf *out)
{
	buf_puts(out, h->root);
}

static void put_attempt(const struct handover *h, struct buf *out)
{
	buf_printf(out, "%u", h->attempt);
}

static void put_action(const struct handover *h, struct buf *out)
{
	buf_puts(out, h->begin->action);
}

static void put_cause(const struct handover *h, struct buf *out)
{
	if (h->previous)
		buf_puts(out, h->previous->end->cause);
}

static void put_nodes(const struct handover *h, struct buf *out)
{
	if (h->previous && h->previous->begin->nodes)
		buf_puts(out, h->previous->begin->nodes);
}

static void put_suspects(const struct handover *h, struct buf *out)
{
	if (h->previous)
		buf_puts(out, h->previous->end->suspects);
}

static void put_checkpoint(const struct handover *h, struct buf *out)
{
	_auto_free_ char *path = NULL;

	if (h->begin->checkpoint)
		path = checkpoint_path(h->run, h->begin->checkpoint);
	if (path)
		buf_puts(out, path);
}

static void put_checkpoint_id(const struct handover *h, struct buf *out)
{
	if (h->begin->checkpoint)
		buf_printf(out, "%" PRIu64, h->begin->checkpoint);
}

static void put_done(const struct handover *h, struct buf *out)
{
	buf_printf(out, "%" PRIu64, h->begin->chunks_done);
}

/* How many may follow this one. */
static void put_left(const struct handover *h, struct buf *out)
{
	int left = h->attempts_max;

	/* a run that was stopped goes on with fresh budgets */
	if (h->previous && !act_stops(h->previous))
		left = h->previous->decided->attempts_left;
	else if (!h->previous && left >= 0)
		left = h->begin->restart < (unsigned)left ?
			left - (int)h->begin->restart : 0;
	if (left >= 0)
		buf_printf(out, "%d", left > 0 ? left - 1 : 0);
}

static const struct {
	const char *name;
	put_fn *put;
} lines[] = {
	{ "BELAY_RUN", put_run },
	{ "BELAY_RUN_DIR", put_dir },
	{ "BELAY_ROOT", put_root },
	{ "BELAY_ATTEMPT", put_attempt },
	{ "BELAY_ACTION", put_action },
	{ "BELAY_PREVIOUS_CAUSE", put_cause },
	{ "BELAY_PREVIOUS_NODES", put_nodes },
	{ "BELAY_SUSPECT_NODES", put_suspects },
	{ "BELAY_CHECKPOINT", put_checkpoint },
	{ "BELAY_CHECKPOINT_ID", put_checkpoint_id },
	{ "BELAY_CHUNKS_DONE", put_done },
	{ "BELAY_ATTEMPTS_LEFT", put_left },
};

#define COUNT (sizeof(lines) / sizeof(lines[0]))

static bool may_be_sent(const struct buf *value)
{
	if (!value->len || value->len > VALUE_MAX)
		return false;
	for (size_t i = 0; i < value->len; i++)
		if ((unsigned char)value->data[i] < ' ' ||
		    value->data[i] == 0x7f)
			return false;
	return true;
}

int handover_write(const struct handover *h, struct buf *env,
		   struct belay_error *err)
{
	_auto_buf_ struct buf value = { 0 };

	for (size_t i = 0; i < COUNT; i++) {
		buf_clear(&value);
		lines[i].put(h, &value);
		if (may_be_sent(&value))
			buf_printf(env, "%s=%s\n", lines[i].name, value.data);
	}
	return value.failed || env->failed ? err_nomem(err) : 0;
}
