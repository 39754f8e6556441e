/* SPDX-License-Identifier: Apache-2.0 */
/* packed_writer.h - a part on its way into a checkpoint */
#ifndef CHECKPOINT_PACKED_WRITER_H
#define CHECKPOINT_PACKED_WRITER_H

#include <sys/types.h>

#include "checkpoint/packed.h"

struct packed_writer {
	struct run *run;	/* its own */
	pid_t pid;		/* of who made it: another one only frees */
	unsigned rank;
	struct packed_options opt;
	int storefd, fd;	/* checkpoints/, the staging directory */
	char staging[PACKED_NAME];
	struct checkpoint c;	/* what MANIFEST will say */
	struct pack_sum sum;	/* of this rank's part */
	struct pack_writer *pack;
	struct pack_reader *base;
	/* links in the staging directory, the base's own file the first */
	char link[PACK_PARENTS_MAX + 1][PACK_NAME];
	unsigned n_links;
	bool announced, unshared;
};

/* packed_base.c: the part of this rank in the newest good one, and links to all
 * that it refers to.  Without any, everything is written. */
void packed_take_base(struct packed_writer *w,
		      const struct checkpoint_list *list);
/* Remove the links that the part, as w->sum says, has no use for. */
int packed_drop_links(struct packed_writer *w, struct belay_error *err);

/* packed_room.c */
int packed_make_room(struct packed_writer *w,
		     const struct checkpoint_list *list,
		     struct belay_error *err);

/* packed_collect.c: 1, 0, -1 as packed_commit(). */
int packed_announce(struct packed_writer *w, struct belay_error *err);
int packed_collect(struct packed_writer *w, uint64_t *id,
		   struct belay_error *err);

#endif /* CHECKPOINT_PACKED_WRITER_H */
