/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.h - numbered, all-or-nothing sets of files of a run, or of packed
 *		  parts: see packed.h
 *
 *	checkpoints/.staging-<attempt>-<random>/	being written
 *	checkpoints/000042/		published by rename: MANIFEST and files
 *	checkpoints/000042.damaged	never offered again, and why
 *
 * New is durable before old is deleted; the newest good one is never deleted.
 */
#ifndef CHECKPOINT_CHECKPOINT_H
#define CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "pack/pack.h"
#include "run/run.h"

#define CHECKPOINT_LABEL 128
#define CHECKPOINT_RANKS_MAX 4096

struct checkpoint_file {
	char *name;		/* relative path, no "..", '/' allowed */
	uint64_t size;
	unsigned mode;		/* permission bits */
	struct digest digest;
};

struct checkpoint_progress {	/* of what is computed */
	uint64_t iteration;
	double current_time, error_estimate;
};

struct checkpoint {
	uint64_t id;
	char submission[RUN_ID_HEX];	/* of the run */
	unsigned attempt;
	char writer[256];	/* host-pid of who committed */
	int64_t created_us;
	uint64_t bytes, chunks_done;
	char label[CHECKPOINT_LABEL];
	struct checkpoint_file *files;
	unsigned n_files;
	/* of a packed one instead: a part of each rank, in order */
	unsigned ranks;		/* 0: plain files */
	uint64_t step, stored;	/* stored: of the bytes, written for it */
	struct checkpoint_progress progress;
	struct pack_sum *parts;
	/* found when listing, not in the MANIFEST */
	bool late;		/* of an older attempt, after the cut */
	bool damaged;		/* marked, or its MANIFEST cannot be used */
	bool unreadable;	/* damaged only in that it cannot be read now */
	char reason[256];	/* of damaged */
};

struct checkpoint_list {	/* ascending ids */
	struct checkpoint *c;
	unsigned n;
};

/* All published ones with their manifests; an unreadable MANIFEST gives a
 * damaged entry, not an error. */
int checkpoint_list(struct run *r, struct checkpoint_list *list,
		    struct belay_error *err);
void checkpoint_list_free(struct checkpoint_list *list);
/* The newest that is neither late nor damaged; NULL if none. */
struct checkpoint *checkpoint_newest_good(const struct checkpoint_list *list);
struct checkpoint *checkpoint_find(const struct checkpoint_list *list,
				   uint64_t id);
/* "/.../checkpoints/000042"; the caller frees. */
char *checkpoint_path(const struct run *r, uint64_t id);

/* A staging directory of attempt n: its absolute path; the caller frees. */
char *checkpoint_stage(struct run *r, unsigned n, struct belay_error *err);

/* Remove a staging directory that will not be committed; a failure only leaves
 * work to checkpoint_prune(). */
void checkpoint_abandon(struct run *r, const char *staging);

struct checkpoint_options {
	const char *label;
	uint64_t chunks_done;
};

/*
 * Digest and sync every file of the staging directory, write MANIFEST, look
 * for a newer attempt (BELAY_EFENCED) and publish under the next number.  Its
 * id, or 0 on error, when the staging directory is left as it is unless it was
 * published already but a newer attempt came (it may not count then).  Links,
 * devices and FIFOs inside are refused.  Deletes nothing: see checkpoint_prune.
 */
uint64_t checkpoint_commit(struct run *r, unsigned n, const char *staging,
			   const struct checkpoint_options *opt,
			   struct belay_error *err);

/* Names and sizes only, or every byte.  0 good; -1 BELAY_ECORRUPT with what is
 * wrong, also when the disk cannot read it (err->sys EIO), or another code when
 * it cannot be known now.  Does not mark. */
int checkpoint_check(struct run *r, const struct checkpoint *c, bool bytes,
		     struct belay_error *err);
/* Does such an error speak of wrong bytes, for which a mark is right?  A disk
 * that cannot read them today, or on this node, may read them tomorrow. */
bool checkpoint_is_damage(const struct belay_error *err);
/* Mark as damaged, durably. */
int checkpoint_mark_damaged(struct run *r, uint64_t id, const char *why,
			    struct belay_error *err);

/*
 * Verify every byte while copying all files of id below the directory `into`
 * (made if missing), then put them in place.  A byte that is wrong is
 * BELAY_ECORRUPT and names the file; nothing is left behind on failure that
 * was not there, and no file was replaced.
 */
int checkpoint_restore(struct run *r, const struct checkpoint *c,
		       const char *into, struct belay_error *err);

/*
 * Keep the newest `keep` (at least 1) good ones, and of the older ones the first
 * in each stretch of keep_every_s seconds (0: none); damaged and late ones go too
 * once a newer good one is there, and what dead attempts left half-written.
 * The highest number always stays, so that no number is used twice.  n is the
 * attempt that asks, 0 for a person.  How many checkpoints were deleted, or -1:
 * with BELAY_EFENCED as soon as a newer attempt is there, which may rely on
 * what was old before.
 */
int checkpoint_prune(struct run *r, unsigned n, unsigned keep,
		     double keep_every_s, struct belay_error *err);

#endif /* CHECKPOINT_CHECKPOINT_H */
