/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h - the verbs of 'belay checkpoint', and what they share */
#ifndef CMD_BELAY_CHECKPOINT_H
#define CMD_BELAY_CHECKPOINT_H

#include "base/json.h"
#include "checkpoint/checkpoint.h"
#include "cmd/belay/verb.h"

extern const struct verb verb_checkpoint_begin, verb_checkpoint_commit,
	verb_checkpoint_save, verb_checkpoint_list, verb_checkpoint_show,
	verb_checkpoint_verify, verb_checkpoint_restore, verb_checkpoint_prune,
	verb_checkpoint_ask;

/* Commit what is staged, print its id and delete what `keep` of the run's
 * policy no longer covers.  The exit status. */
int checkpoint_conclude(const struct verb *v, struct run *r, unsigned attempt,
			const char *staging, const char *label);
/* Delete what the run's policy no longer covers, with keep (unless 0) in place of
 * checkpoint.keep.  How many were deleted, or -1. */
int checkpoint_retain(struct run *r, unsigned attempt, unsigned keep,
		      struct belay_error *err);

/* Mark as damaged; within an attempt it is recorded too, which outlasts the
 * checkpoint.  -1: it is not marked. */
int checkpoint_condemn(struct run *r, const struct checkpoint *c,
		       const char *why, struct belay_error *err);

/* The checkpoint of an id as it was typed; NULL, with the reason in *err. */
struct checkpoint *checkpoint_typed(const struct checkpoint_list *list,
				    const char *id, struct belay_error *err);
const char *checkpoint_condition(const struct checkpoint *c); /* "good", ... */
/* The members that list and show have in common, into an open object. */
void checkpoint_json(const struct run *r, const struct checkpoint *c,
		     struct json_out *o);

/* What a packed one holds: an open object gets "entries"; or a table.  0, -1. */
int checkpoint_entries_json(const struct run *r, const struct checkpoint *c,
			    struct json_out *o, struct belay_error *err);
int checkpoint_entries_text(const struct run *r, const struct checkpoint *c,
			    struct belay_error *err);

#define _auto_list_ __attribute__((cleanup(checkpoint_list_free)))

#endif /* CMD_BELAY_CHECKPOINT_H */
