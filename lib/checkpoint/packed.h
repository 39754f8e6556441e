/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.h - checkpoints of typed arrays, written by ranks side by side
 *
 *	checkpoints/.staging-3-<random>/	of one rank
 *	checkpoints/.staging-3-step7-4/		of four, for step 7 of attempt 3
 *	  part.2				what rank 2 has put
 *	  parent.000041.2			a link to a part whose blocks it uses
 *	  part.2.json				it is whole and durable
 *	  MANIFEST				all are
 *	checkpoints/000042/			published by rename
 *
 * Ranks do not talk.  Each looks, when its own part is announced, whether all
 * are: then it writes MANIFEST, of which the first stands, and renames, which
 * one does.  The number is nobody's before, so MANIFEST does not say it.
 *
 * All that a checkpoint needs lies in its own directory, for a link is as good
 * as the file: deleting another takes nothing from it.
 */
#ifndef CHECKPOINT_PACKED_H
#define CHECKPOINT_PACKED_H

#include "checkpoint/checkpoint.h"

#define PACKED_NAME 64

/* "part.2"; "part.2.json" */
const char *packed_part(unsigned rank, char out[PACKED_NAME]);
const char *packed_note(unsigned rank, char out[PACKED_NAME]);
/* "parent.000041.2" */
const char *packed_parent(uint64_t id, unsigned rank, char out[PACKED_NAME]);
bool packed_is_parent(const char *name);

/* ---- writing ---- */

struct packed_writer;

struct packed_options {
	unsigned rank, ranks;
	uint64_t step;		/* greater for each of the attempt */
	const char *label;	/* or NULL */
	uint64_t chunks_done;
	struct checkpoint_progress progress;
	unsigned threads;	/* see pack.h */
	uint64_t memory_max;
	bool async;
	struct settings settings;
};

/*
 * Makes room first, as settings.on_full says, if there is less than the newest
 * one took; err->sys is then ENOSPC or EDQUOT.  Opens the run for itself, so
 * the writer may be used in another thread than r.
 */
struct packed_writer *packed_begin(const struct run *r, unsigned n,
				   const struct packed_options *opt,
				   struct belay_error *err);
int packed_put(struct packed_writer *w, const struct belay_array *a,
	       struct belay_error *err);
int packed_put_fd(struct packed_writer *w, const char *name, int fd,
		  struct belay_error *err);

struct packed_done {
	uint64_t id;		/* of the checkpoint, if it is there */
	uint64_t bytes, stored;	/* of this rank's part */
	bool unshared;		/* the file system makes no links */
};

/* Frees w.  1: the checkpoint is there; 0: this part is durable and announced,
 * and others are not yet; -1.  Who publishes deletes what the settings no longer
 * cover. */
int packed_commit(struct packed_writer *w, struct packed_done *done,
		  struct belay_error *err);
void packed_abandon(struct packed_writer *w);	/* w may be NULL */

/* The number of what the ranks have written in attempt n as that step: 1, and
 * *id; 0: it is not there; -1. */
int packed_published(struct run *r, unsigned n, uint64_t step, unsigned ranks,
		     uint64_t *id, struct belay_error *err);

/* What this rank has staged in attempt n, in a process that died, is void: it
 * must not become one with what the others write now. */
int packed_forget(const struct run *r, unsigned n, unsigned rank,
		  struct belay_error *err);

/* ---- reading ---- */

struct packed_reader;

/* c is borrowed until close. */
struct packed_reader *packed_open(const struct run *r,
				  const struct checkpoint *c,
				  struct belay_error *err);
void packed_close(struct packed_reader *p);	/* may be NULL */

/* How many entries all parts have, or -1. */
int64_t packed_count(struct packed_reader *p, struct belay_error *err);
/* By rank, then in the order of the puts; valid until close.  NULL: none, or
 * (after packed_count() never) its part cannot be read. */
const struct belay_entry *packed_entry(struct packed_reader *p, size_t i);
const struct belay_entry *packed_find(struct packed_reader *p, unsigned rank,
				      const char *name,
				      struct belay_error *err);
int packed_read(struct packed_reader *p, const struct belay_entry *e,
		uint64_t offset, void *data, uint64_t bytes, unsigned threads,
		struct belay_error *err);

/* Of check.c and restore.c. */
int packed_check(int dirfd, const struct checkpoint *c, bool bytes,
		 struct belay_error *err);

#endif /* CHECKPOINT_PACKED_H */
