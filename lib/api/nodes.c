/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes.c - nodes that the program blames, and those that belay leaves out
 *
 * A decision lists the nodes that are left out and until when.  What was
 * reported in the attempts since comes on top of that, in the order of time.
 */

#include <stdio.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/hostlist.h"
#include "base/text.h"
#include "journal/reports.h"

static int report(struct belay *b, enum node_report what, const char *node,
		  const char *reason, struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct event e = { .type = EVENT_NODE, .kind = (uint8_t)what };

	if (!mine)
		return -1;
	if (!node || !text_is_name(node))
		return err_set(err, BELAY_EINVAL, "not a node's name: '%s'",
			       node ? node : "");
	snprintf(e.node, sizeof(e.node), "%s", node);
	api_say(e.text, reason);
	return api_record(b, &e, err) < 0 ? -1 : api_commit(b, err);
}

int belay_node_fail(struct belay *b, const char *node, const char *reason,
		    struct belay_error *err)
{
	return report(b, NODE_FAILED, node, reason, err);
}

int belay_node_recovered(struct belay *b, const char *node,
			 struct belay_error *err)
{
	return report(b, NODE_RECOVERED, node, NULL, err);
}

/* ---- which are failed ---- */

static int read_decision(const struct decided *d, struct node_reports *l)
{
	int64_t now = clock_wall_us();

	for (unsigned i = 0; d && i < d->n_exclude; i++)
		if (d->exclude[i].until_us > now &&
		    node_reports_add(l, d->exclude[i].node, INT64_MIN, true,
				     "") < 0)
			return -1;
	return 0;
}

static int read_all(struct belay *b, struct node_reports *l)
{
	const struct decided *newest = NULL;
	unsigned since = 0;

	if (run_reload(b->run, l->err) < 0)
		return -1;
	for (unsigned i = 0; i < b->run->n_attempts; i++) {
		if (!b->run->attempts[i].decided)
			continue;
		newest = b->run->attempts[i].decided;
		since = i + 1;
	}
	if (read_decision(newest, l) < 0)
		return -1;
	for (unsigned i = since; i < b->run->n_attempts; i++)
		if (node_reports_read(l, b->run, b->run->attempts[i].number,
				      l->err) < 0)
			return -1;
	return 0;
}

static int find(struct belay *b, struct hosts *failed, struct belay_error *err)
{
	_auto_reports_ struct node_reports l = { .err = err };
	int rc = read_all(b, &l);

	for (size_t i = 0; i < l.n && rc == 0; i++)
		if (l.at[i].failed)
			rc = hosts_add(failed, l.at[i].node, err);
	return rc;
}

int belay_node_is_failed(struct belay *b, const char *node,
			 struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	_auto_hosts_ struct hosts failed = { 0 };

	if (!mine || find(b, &failed, err) < 0)
		return -1;
	return node && hosts_has(&failed, node);
}

int64_t belay_failed_nodes(struct belay *b, char **hostlist,
			   struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	_auto_hosts_ struct hosts failed = { 0 };
	struct buf text = { 0 };

	if (!mine || api_need(hostlist, "a place for the nodes", err) < 0 ||
	    find(b, &failed, err) < 0)
		return -1;
	hosts_format(&failed, &text);
	buf_add(&text, "", 1);
	if (text.failed) {
		buf_free(&text);
		return err_nomem(err);
	}
	*hostlist = text.data;
	return (int64_t)failed.n;
}
