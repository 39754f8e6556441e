/* SPDX-License-Identifier: Apache-2.0 */
/* offer.h - the checkpoint that an attempt may start from */
#ifndef DISPATCH_OFFER_H
#define DISPATCH_OFFER_H

#include "base/buf.h"
#include "run/run.h"

struct offer {
	uint64_t id;		/* 0: none */
	bool all_damaged;	/* there are some, and none is good */
	bool unread;		/* of some that cannot be known now */
	uint64_t *ids;		/* all that exist; the caller frees */
	unsigned n_ids;
};

/*
 * The newest whose names and sizes are right; those that are not are marked as
 * damaged on the way and said, and one that nobody gets far with is stepped over
 * and said.  With wanted false nothing is checked.
 */
int offer_find(struct run *r, bool wanted, struct offer *out, struct buf *say,
	       struct belay_error *err);

#endif /* DISPATCH_OFFER_H */
