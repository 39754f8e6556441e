/* SPDX-License-Identifier: Apache-2.0 */
/*
 * belay.h - remember how far a job got, so the next attempt starts there
 *
 *	struct belay *b = belay_open(NULL, &err);
 *
 *	while (work())
 *		belay_beat(b, &err);
 *	belay_close(b, 0, &err);
 *
 * Errors.  Every fallible call returns 0 or more, or a pointer, on success, and
 * -1 or NULL on failure, and then fills *err; err may always be NULL.  On
 * failure outputs are untouched, unless it is said otherwise.
 *
 * Manners.  Nothing here prints, exits, installs a signal handler, changes the
 * umask or the environment, or leaves a child behind.
 *
 * Threads.  The calls of one handle may come from any thread and take turns;
 * different handles have nothing to do with each other.  What was got from a
 * handle (an iterator, a restore, a checkpoint that is being written) is for one
 * thread at a time.
 *
 * Fork.  A handle belongs to the process that opened it.  In a child every call
 * with it but belay_close(), which then only frees memory, fails with
 * BELAY_EINVAL.
 *
 * Durability.  "Durable" means: on stable storage of the file system that holds
 * the run, and no newer attempt had begun.  With BELAY_EFENCED a newer attempt
 * owns the run: nothing that this process still records counts.  Stop then,
 * with exit status 75.
 *
 * Numbers.  Sizes are bytes, times microseconds unless a name says otherwise,
 * instants microseconds since 1970.  Texts are UTF-8.
 */
#ifndef BELAY_BELAY_H
#define BELAY_BELAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__		/* the library hides what is not said here */
#pragma GCC visibility push(default)
#endif

/* Why a call failed: each value is something the caller can do differently. */
enum belay_code {
	BELAY_OK       = 0,
	BELAY_EFAILED  = 1,	/* see err->sys and err->text              */
	BELAY_EINVAL   = 2,	/* the caller broke the contract           */
	BELAY_ECONFIG  = 3,	/* a policy or an option is not acceptable */
	BELAY_ENOENT   = 4,	/* no such run, attempt or checkpoint      */
	BELAY_ECORRUPT = 5,	/* a checksum did not match: do not trust  */
	BELAY_EFENCED  = 6,	/* a newer attempt owns this run: stop     */
	BELAY_EBUSY    = 7,	/* another live job or process holds it    */
};

/* Owned by the caller; one error is described by one line. */
struct belay_error {
	enum belay_code code;
	int sys;		/* errno at the point of failure, or 0 */
	char text[512];		/* one line, no newline, always ended  */
};

/* The version of the library, "major.minor.patch"; static storage. */
const char *belay_version(void);

/* ---- a run, from one of its attempts ------------------------------------ */

struct belay;

/*
 * Start from BELAY_OPTIONS_INIT, so that a library that knows more members
 * than the program takes their defaults.  Strings are borrowed for the call.
 */
struct belay_options {
	size_t size;		/* sizeof(struct belay_options) */
	/*
	 * NULL: the run of the job, as belay began it ($BELAY_RUN_DIR and
	 * $BELAY_ATTEMPT).  Else a run of this name that the call itself begins
	 * an attempt of: made if missing, held until belay_close().
	 */
	const char *run;
	const char *root;	/* where runs are; NULL: $BELAY_ROOT, ~/.belay */
	/* Of the processes that write one checkpoint together, numbered from 0:
	 * which one is this, and how many are there? */
	unsigned rank, ranks;
	/*
	 * Records that share a sync: 1, every completion is durable when the
	 * call returns; n, belay_chunk_done() may return before, and each n-th
	 * of them or belay_flush() makes all of them durable.
	 */
	unsigned batch;
	unsigned threads;	/* that write or read a checkpoint; 0: one per
				 * processor of this process, at most 4 */
	/* Most memory that copies for asynchronous checkpoints take; 0: 1 GiB.
	 * A put that finds it full waits. */
	uint64_t memory_max;
};
#define BELAY_OPTIONS_INIT { sizeof(struct belay_options), NULL, NULL, \
			     0, 1, 1, 0, 0 }

/*
 * options NULL: BELAY_OPTIONS_INIT.  The caller closes the handle.
 * BELAY_ENOENT: not below belay, and no name given; BELAY_EBUSY: a live process,
 * this one included, holds the run of that name; BELAY_EFENCED: a newer attempt
 * has begun.
 */
struct belay *belay_open(const struct belay_options *options,
			 struct belay_error *err);

/*
 * Write what is pending, wait for asynchronous checkpoints, free the handle (in
 * any case; b may be NULL).  A run that belay_open() began ends its attempt
 * here: exit_status is what the program is about to end with.  0: all of it is
 * durable.
 */
int belay_close(struct belay *b, int exit_status, struct belay_error *err);

/* Valid as long as the handle; texts are never NULL. */
struct belay_info {
	const char *run, *run_dir, *cluster;
	unsigned attempt;
	const char *action;	/* what started it: start, retry, failover,
				 * restore */
	/* Of the attempt before: why it ended, where it ran, whom belay blames
	 * (hostlists); empty in the first. */
	const char *previous_cause, *previous_nodes, *suspect_nodes;
	uint64_t checkpoint;	/* offered to start from, 0: none */
	uint64_t chunks_done;	/* before this attempt, in all sets */
	int attempts_left;	/* -1: not bounded, or not known */
	unsigned rank, ranks;
	char node[256];
};
const struct belay_info *belay_info(const struct belay *b);

/* Make all completions and progress recorded so far durable. */
int belay_flush(struct belay *b, struct belay_error *err);

/* "I am alive and getting on", for programs without chunks or checkpoints;
 * durable.  Cheap to call often: at most one a second is recorded. */
int belay_beat(struct belay *b, struct belay_error *err);

/* ---- typed arrays ------------------------------------------------------- */

enum belay_type {
	BELAY_BYTES = 0,
	BELAY_I8  = 1, BELAY_I16 = 2, BELAY_I32 = 3, BELAY_I64 = 4,
	BELAY_U8  = 5, BELAY_U16 = 6, BELAY_U32 = 7, BELAY_U64 = 8,
	BELAY_F16 = 9, BELAY_F32 = 10, BELAY_F64 = 11,
	BELAY_C64 = 12, BELAY_C128 = 13,	/* complex: two F32, two F64 */
	BELAY_BOOL = 14, BELAY_BF16 = 15,
};
size_t belay_type_size(enum belay_type type);	/* 0: no such type */

#define BELAY_NAME_MAX 255
#define BELAY_DIMS_MAX 16

/* Contiguous, row-major, in the machine's byte order (little-endian: belay runs
 * on nothing else).  A scalar has no dimensions. */
struct belay_array {
	const char *name;	/* 1 to BELAY_NAME_MAX bytes, no control
				 * characters; unique in what it is put into */
	enum belay_type type;
	unsigned dims;		/* 0 to BELAY_DIMS_MAX */
	const uint64_t *shape;	/* dims lengths, in elements */
	void *data;		/* only read, but by belay_recover() */
};
/* Product of the shape times the size of an element; UINT64_MAX: too much, or
 * no such type. */
uint64_t belay_array_bytes(const struct belay_array *a);

/* An array as a checkpoint holds it. */
struct belay_entry {
	unsigned rank;
	const char *name;
	enum belay_type type;
	unsigned dims;
	const uint64_t *shape;
	uint64_t bytes;
};

/* ---- chunks ------------------------------------------------------------- */

/*
 * Numbered work of a set, 0 to count - 1, each done once over all attempts and
 * processes of the run.  set NULL: "main".
 *
 * Define it; or check that it is what it was: BELAY_ECONFIG says what differs.
 * Durable.  To be called once by every process before the other calls.
 */
int belay_chunks(struct belay *b, const char *set, uint64_t count,
		 struct belay_error *err);

/*
 * 1: *chunk is this process's to do, and it is durable that it begins (so that
 * one which kills its node is found).  0: none to hand out: all are done, given
 * up or in other hands; see belay_chunk_counts().  Chunks that are to be tried
 * again come after those that were never tried.  What a process holds that ends
 * waits for the next attempt.
 *
 * With options.batch n, the beginnings of up to n chunks share a sync, and
 * completions that wait go with it.  If the process is lost, all that had begun
 * are suspected; those begin alone then.
 */
int belay_chunk_next(struct belay *b, const char *set, uint64_t *chunk,
		     struct belay_error *err);

/* Durable as options.batch says.  The node and the time since belay_chunk_next()
 * are recorded with it.  A chunk that is done stays so.  -1: it may still become
 * so, with the next call that records. */
int belay_chunk_done(struct belay *b, const char *set, uint64_t chunk,
		     struct belay_error *err);

/* The same with a result: n arrays (their names unique, one may be empty ""),
 * which come back from belay_results_next().  Copied before it returns. */
int belay_chunk_done_with(struct belay *b, const char *set, uint64_t chunk,
			  const struct belay_array *arrays, unsigned n,
			  struct belay_error *err);

/*
 * It failed; reason is one line.  worth_retrying 0: it would fail again.
 * 1: it will be tried again; 0: it is given up (quarantined), as it was tried
 * chunks.max_attempts times or is not worth it.  Durable.
 */
int belay_chunk_fail(struct belay *b, const char *set, uint64_t chunk,
		     const char *reason, int worth_retrying,
		     struct belay_error *err);

struct belay_chunk_counts {
	uint64_t total, done, running, pending, retrying, quarantined;
};
/* set NULL: the sum of all sets. As the disk says now. */
int belay_chunk_counts(struct belay *b, const char *set,
		       struct belay_chunk_counts *counts,
		       struct belay_error *err);

/* The chunks that wait for another try, ascending: at most max into chunks;
 * how many there are, or -1. */
int64_t belay_pending_retries(struct belay *b, const char *set,
			      uint64_t *chunks, size_t max,
			      struct belay_error *err);
/* Give up all of them: quarantined, with that reason.  How many, or -1. */
int64_t belay_clear_retries(struct belay *b, const char *set,
			    const char *reason, struct belay_error *err);

/* ---- results ------------------------------------------------------------ */

struct belay_results;

struct belay_result {	/* valid until the next call with its iterator */
	uint64_t chunk;
	unsigned attempt;
	const char *node;
	uint64_t duration_us;
	int64_t done_us;	/* instant */
	const struct belay_array *arrays;
	unsigned n_arrays;	/* 0: done without a result */
};

/* All results that count of a set, of every attempt, in no particular order;
 * completions that wait become durable first.  The caller closes it, before or
 * after the handle. */
struct belay_results *belay_results_open(struct belay *b, const char *set,
					 struct belay_error *err);
/* 1: *result; 0: that was all; -1: BELAY_ECORRUPT says which chunk's bytes are
 * wrong, and the next call goes on behind it. */
int belay_results_next(struct belay_results *it, struct belay_result *result,
		       struct belay_error *err);
void belay_results_close(struct belay_results *it);	/* may be NULL */

/* ---- progress ----------------------------------------------------------- */

struct belay_progress {
	uint64_t iteration;
	double current_time;	/* of what is computed */
	double error_estimate;
	uint64_t chunks_completed, chunks_remaining;	/* filled by _get, ignored by _set */
};
/* Kept with the next checkpoint, and recorded: durable with the next durable
 * call, at the latest with the first one a second after. */
int belay_progress_set(struct belay *b, const struct belay_progress *p,
		       struct belay_error *err);
/* The newest one of the run, of whatever attempt.  1; 0: none was ever set, and
 * then only the chunks are filled. */
int belay_progress_get(struct belay *b, struct belay_progress *p,
		       struct belay_error *err);

/* ---- checkpoints, written ----------------------------------------------- */

struct belay_checkpoint;

struct belay_checkpoint_options {
	size_t size;		/* sizeof(struct belay_checkpoint_options) */
	const char *label;	/* or NULL */
	/*
	 * Ranks that write one checkpoint together give the same step, a greater
	 * one for each checkpoint of the attempt; they need not talk to each
	 * other.  All of them open their handles before any begins one, so that
	 * nothing is left of a process that died.  0: one more than the last.
	 */
	uint64_t step;
	int async;		/* puts copy, commit returns at once */
};
#define BELAY_CHECKPOINT_OPTIONS_INIT \
	{ sizeof(struct belay_checkpoint_options), NULL, 0, 0 }

/*
 * Fails early when there will not be room for as much as the newest one took
 * (err->sys ENOSPC or EDQUOT), after doing what checkpoint.on_full of the policy
 * says.  To be ended by commit or abandon.
 */
struct belay_checkpoint *belay_checkpoint_begin(struct belay *b,
		const struct belay_checkpoint_options *options,
		struct belay_error *err);

/* Blocks that the checkpoint before holds already are not written again.  After
 * a failure only abandon is possible. */
int belay_checkpoint_put(struct belay_checkpoint *c,
			 const struct belay_array *a, struct belay_error *err);
int belay_checkpoint_put_bytes(struct belay_checkpoint *c, const char *name,
			       const void *data, uint64_t bytes,
			       struct belay_error *err);
/* The bytes of a file, as they are now. */
int belay_checkpoint_put_file(struct belay_checkpoint *c, const char *name,
			      const char *path, struct belay_error *err);

/*
 * Frees c in any case.
 * 1: the checkpoint is there, whole and durable; its number in *id, unless NULL.
 * 0: this rank's part is durable, and those of others are not there yet (with
 *    async: nothing is known yet; see belay_checkpoint_wait()).
 * -1: there is no checkpoint; the one before it is as good as it was.
 */
int belay_checkpoint_commit(struct belay_checkpoint *c, uint64_t *id,
			    struct belay_error *err);
void belay_checkpoint_abandon(struct belay_checkpoint *c);	/* may be NULL */

/* Wait for every asynchronous checkpoint of this handle.  1, 0 and -1 as commit
 * would have returned of the newest; an error of any of them is told once. */
int belay_checkpoint_wait(struct belay *b, uint64_t *id,
			  struct belay_error *err);

/* ---- checkpoints, read -------------------------------------------------- */

struct belay_checkpoint_info {
	uint64_t id;
	unsigned attempt, ranks;	/* ranks 0: plain files */
	int64_t created_us;
	uint64_t bytes;		/* of all entries */
	uint64_t stored;	/* written for it: less when blocks were shared */
	int good;		/* 0: damaged, or of a fenced attempt */
	struct belay_progress progress;	/* of rank 0, when it was begun */
	char label[128];
};
/* Ascending ids, plain files too; the caller frees *list with free(3).  How many, or -1. */
int64_t belay_checkpoint_list(struct belay *b,
			      struct belay_checkpoint_info **list,
			      struct belay_error *err);

struct belay_restore;

/*
 * id 0: the newest good one, but none between what begin has offered to this
 * attempt and what this attempt has written itself: begin may have stepped over
 * one.  The caller closes it.  BELAY_ENOENT: there is none, or none that
 * belay_checkpoint_put() has made.  Names and sizes are checked here, every byte
 * when it is read.
 */
struct belay_restore *belay_restore_open(struct belay *b, uint64_t id,
					 struct belay_error *err);
void belay_restore_close(struct belay_restore *r);	/* may be NULL */
const struct belay_checkpoint_info *
belay_restore_info(const struct belay_restore *r);

/* What the ranks of the attempt that wrote it have put; valid until close. */
size_t belay_restore_count(const struct belay_restore *r);
/* By rank, then in the order of the puts; NULL: i is too great. */
const struct belay_entry *belay_restore_entry(const struct belay_restore *r,
					      size_t i);
const struct belay_entry *belay_restore_find(const struct belay_restore *r,
					     unsigned rank, const char *name);

/*
 * Read bytes of an entry from offset on, verified.  With BELAY_ECORRUPT what
 * stands in data is undefined and the checkpoint is marked: it is never offered
 * again, and belay_restore_open(b, 0) gives the one before.
 */
int belay_restore_read(struct belay_restore *r, const struct belay_entry *e,
		       uint64_t offset, void *data, uint64_t bytes,
		       struct belay_error *err);
/* The whole entry into a new file, put in place when it is verified. */
int belay_restore_file(struct belay_restore *r, const struct belay_entry *e,
		       const char *path, struct belay_error *err);

/* ---- memory that is checkpointed whole ---------------------------------- */

/* Until belay_unprotect() or close, data must stay where it is; the struct and
 * its shape are copied.  A name that is there already is registered anew. */
int belay_protect(struct belay *b, const char *name,
		  const struct belay_array *a, struct belay_error *err);
int belay_unprotect(struct belay *b, const char *name, struct belay_error *err);

/* Begin, put all that is protected, commit: returns as commit.  options may be
 * NULL. */
int belay_checkpoint(struct belay *b,
		     const struct belay_checkpoint_options *options,
		     uint64_t *id, struct belay_error *err);

/*
 * Read the newest good checkpoint of this rank back into what is protected; one
 * that turns out to be damaged is stepped over to the one before.  Then the
 * recovery callbacks are called, in the order of their registration.
 * 1: restored from *id; 0: there is none, nothing was touched, and callbacks
 * were called only in a second or later attempt.
 * -1: BELAY_ECONFIG, what is protected differs in type or shape from what was
 * saved; nothing was touched.  Other codes: the memory may be half read.
 */
int belay_recover(struct belay *b, uint64_t *id, struct belay_error *err);

/* id 0: there was nothing to restore.  May use the handle. */
typedef void belay_recovery_fn(struct belay *b, const struct belay_info *info,
			       uint64_t id, void *arg);
int belay_on_recovery(struct belay *b, belay_recovery_fn *f, void *arg,
		      struct belay_error *err);

/* ---- when to checkpoint ------------------------------------------------- */

/*
 * 1 when a checkpoint is due by checkpoint.interval of the policy: after so many
 * chunks, so much time, or, for auto, when Young's and Daly's formula says so
 * from the measured cost of checkpoints and the failure rate; or when one was
 * asked for.  0: not yet.  Costs under a microsecond; reads the disk at most
 * once a second.  Ranks decide each for itself: let one decide for all, or pass
 * on what it said.
 */
int belay_should_checkpoint(struct belay *b);

/* Ask for one now.  The only call that a signal handler may make. */
void belay_request_checkpoint(struct belay *b);

struct belay_statistics {
	uint64_t checkpoints, kept;	/* ever written in the run; there now */
	uint64_t bytes, stored;		/* of those written by this handle */
	uint64_t write_us, wait_us;	/* spent writing; that the caller waited */
	uint64_t restores, damaged;
	uint64_t chunks_done, chunks_failed;	/* by this handle */
	uint64_t results_bytes;
	uint64_t interval_us;		/* between checkpoints, now; 0: by chunks */
};
int belay_statistics(struct belay *b, struct belay_statistics *s,
		     struct belay_error *err);

/* ---- nodes that failed -------------------------------------------------- */

/* What the program itself has noticed: recorded, and evidence when the cause of
 * this attempt's end is looked for.  reason is one line.  Durable. */
int belay_node_fail(struct belay *b, const char *node, const char *reason,
		    struct belay_error *err);
int belay_node_recovered(struct belay *b, const char *node,
			 struct belay_error *err);
/* Suspects that earlier attempts left and no time limit has cleared, and those
 * reported since: 1 or 0, or -1. */
int belay_node_is_failed(struct belay *b, const char *node,
			 struct belay_error *err);
/* The same as a hostlist, which the caller frees with free(3); how many, or
 * -1. */
int64_t belay_failed_nodes(struct belay *b, char **hostlist,
			   struct belay_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif /* BELAY_BELAY_H */
