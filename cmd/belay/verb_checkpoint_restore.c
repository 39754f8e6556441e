/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_restore.c - put the files of a checkpoint back */

#include <stdio.h>

#include "base/text.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"

enum { GIVEN_INTO = GIVEN_AFTER_RUN, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "into", 0, "DIR", "where to; made if missing (default: here)" },
	{ 0 }
};

static int tell_which(const struct checkpoint *c, struct belay_error *err)
{
	return err_prefix(err, "checkpoint %llu", (unsigned long long)c->id);
}

static int restore(struct run *r, const struct checkpoint *c, const char *into,
		   struct belay_error *err)
{
	unsigned n = c->ranks ? c->ranks : c->n_files;
	char size[16];

	if (checkpoint_restore(r, c, into, err) < 0)
		return -1;
	printf("restored checkpoint %llu: %u %s%s, %s\n",
	       (unsigned long long)c->id, n, c->ranks ? "rank" : "file",
	       n == 1 ? "" : "s", text_size(c->bytes, size));
	return 0;
}

static int restore_typed(struct run *r, const struct checkpoint_list *list,
			 const char *id, const char *into,
			 struct belay_error *err)
{
	const struct checkpoint *c = checkpoint_typed(list, id, err);

	if (!c)
		return -1;
	if (c->late)
		return err_set(err, BELAY_EFENCED, "checkpoint %s is late: "
			       "attempt %u published it after the next one had "
			       "begun", id, c->attempt);
	return restore(r, c, into, err) < 0 ? tell_which(c, err) : 0;
}

/* The newest that turns out to be whole: damaged ones are marked on the way. */
static int restore_newest(const struct verb *v, struct run *r,
			  const struct checkpoint_list *list, const char *into,
			  struct belay_error *err)
{
	struct checkpoint *c;
	struct belay_error why;

	while ((c = checkpoint_newest_good(list))) {
		if (restore(r, c, into, err) == 0)
			return 0;
		if (err->code != BELAY_ECORRUPT)
			return tell_which(c, err);
		fprintf(stderr, "belay %s: checkpoint %llu: %s; trying the one "
			"before\n", v->name, (unsigned long long)c->id,
			err->text);
		if (checkpoint_is_damage(err) &&
		    checkpoint_condemn(r, c, err->text, &why) < 0)
			fprintf(stderr, "belay %s: %s\n", v->name, why.text);
		c->damaged = true;
	}
	return list->n ? err_set(err, BELAY_ECORRUPT, "no good checkpoint is "
				 "left") :
	       err_set(err, BELAY_ENOENT, "run '%s' has no checkpoint",
		       r->name);
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { [GIVEN_INTO] = "." };
	_auto_list_ struct checkpoint_list list = { 0 };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	int rc, at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (argc - at > 1)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	r = which_run(given, given[GIVEN_RUN], &err);
	if (!r || checkpoint_list(r, &list, &err) < 0)
		return verb_fail(v, &err);
	if (at < argc)
		rc = restore_typed(r, &list, argv[at], given[GIVEN_INTO], &err);
	else
		rc = restore_newest(v, r, &list, given[GIVEN_INTO], &err);
	return rc < 0 ? verb_fail(v, &err) : EXIT_DONE;
}

const struct verb verb_checkpoint_restore = {
	.name = "checkpoint restore",
	.synopsis = "[--run RUN] [--into DIR] [ID]",
	.line = "put the files of a checkpoint back, each byte verified",
	.more = "Without ID the newest good one; if that turns out to be "
		"damaged it is marked, and the one before is tried.  No file "
		"is replaced before all of them are verified.",
	.options = options, .run = run,
};
