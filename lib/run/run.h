/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - a run and its attempts, as they lie on disk
 *
 *	<root>/<cluster>/<run>/run.json
 *	                       attempts/000003/{begin,end,decision}.json
 *	                       attempts/000003/journal/
 *	                       checkpoints/  snapshots/
 *	<root>/<cluster>/jobs/<job>/<attempt>.<run>
 *	<root>/<cluster>/policies/<sha256>.yaml
 *
 * doc/FORMAT.md has every key.  The attempt number is the fence: only the
 * newest attempt may record, and what an older one recorded beyond the cut in
 * its successor's begin.json does not exist.
 *
 * A struct run is used by one thread; it does not survive fork(2) as a writer.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "run/settings.h"

#define RUN_NAME_SIZE 129
#define RUN_FORMAT 1
#define RUN_ID_HEX 33		/* submission id: 32 hex digits and the NUL */
#define POLICY_ID_HEX 65	/* sha256 of a policy file, or "" */

/* How far one journal of an older attempt is believed. */
struct cut_entry {
	unsigned attempt;
	char journal[256];	/* file name */
	uint64_t length;	/* bytes */
	uint64_t check;		/* of the last accepted frame */
	char state[16];		/* "clean", "torn" or "corrupt" */
};

/* What an attempt knew and claimed when it began. */
struct begin {
	char job[64];		/* "123", "100_7"; "" outside Slurm */
	uint32_t job_id;	/* Slurm's own id, 0 outside */
	char submission[RUN_ID_HEX];	/* the job's, not the run's: Slurm
					 * gives ids again; "" not known */
	uint32_t restart;	/* Slurm's restart count */
	int64_t start_time;	/* Slurm's start of the job, seconds; 0 unknown */
	char *nodes;		/* hostlist */
	char batch_host[256];
	int64_t begin_us;
	char action[16];	/* what started it: "start", "retry", ... */
	uint64_t checkpoint;	/* offered, 0: none */
	uint64_t chunks_done;	/* of all sets, before it */
	int64_t previous;	/* the one before it that had begun, 0: none;
				 * -1: not said.  run_publish_begin() fills it */
	/* Outside Slurm: is it still alive? */
	char host[256];		/* of the process that began */
	char boot_id[40];
	int pid;
	uint64_t pid_start;	/* field 22 of /proc/PID/stat */
	struct cut_entry *cut;
	unsigned n_cut;
	uint64_t *checkpoints;	/* that existed, ascending */
	unsigned n_checkpoints;
	struct settings settings;
	bool is_void;		/* it says who made the attempt void */
};

/* How it ended. */
struct end {
	int64_t end_us;
	char by[16];		/* "end", "after", "begin", "map", "user" */
	char host[256];
	char cause[20];		/* words of doc/DESIGN.md section 5 */
	int exit_code, signal;	/* -1 when there is none */
	char *suspects;		/* hostlist, "" for none */
	char **evidence;	/* lines for people */
	unsigned n_evidence;
};

struct exclusion {		/* a node left out, and until when */
	char node[256];
	int64_t until_us;
};

/* What was decided about that. */
struct decided {
	int64_t decided_us;
	char by[16], host[256];
	char action[16];	/* words of doc/DESIGN.md section 6 */
	char rule[128];		/* the rule's name, or the preset's */
	char reason[256];	/* one line for people */
	bool counts;		/* against attempts.max */
	int64_t delay_s;	/* backoff before the next; -1: Slurm's own */
	int attempts_left;	/* -1: unbounded */
	char policy[96];	/* preset, or digest of the file */
	struct exclusion *exclude;	/* all unexpired ones, not only new */
	unsigned n_exclude;
};

struct attempt {
	unsigned number;
	struct begin *begin;	/* NULL: claimed, never began, or too late:
				 * a later one that began had not seen it */
	struct begin *voided;	/* by whom it was seen to that it never begins,
				 * or NULL */
	struct end *end;	/* NULL: not ended, as far as is known */
	struct decided *decided;
};

struct run {
	int dirfd, attemptsfd;
	char *dir;		/* absolute path */
	char cluster[RUN_NAME_SIZE], name[RUN_NAME_SIZE];
	char submission[RUN_ID_HEX];
	char owner[64];
	unsigned uid;
	char preset[32], policy[POLICY_ID_HEX];
	char work_dir[4096];
	int64_t created_us;
	struct attempt *attempts;	/* ascending numbers */
	unsigned n_attempts;
};

/* ---- finding ------------------------------------------------------------ */

/* The root to use: explicit (absolute) or $BELAY_ROOT or ~/.belay of the
 * passwd entry.  The caller frees. */
char *run_root(const char *explicit_root, struct belay_error *err);

/*
 * Open a run for reading, with its attempts.  spec is a run name or a job id;
 * NULL: $BELAY_RUN_DIR.  cluster NULL: any (ambiguity is an error that lists
 * them).  BELAY_ENOENT says where was looked.
 */
struct run *run_open(const char *root, const char *cluster, const char *spec,
		     struct belay_error *err);
struct run *run_open_dir(const char *dir, struct belay_error *err);
void run_close(struct run *r);
/* Read attempts/ anew. */
int run_reload(struct run *r, struct belay_error *err);

/* Call f for each run below root, any order; stops when f returns non-zero. */
int run_each(const char *root, int (*f)(const char *cluster, const char *name,
					void *arg),
	     void *arg, struct belay_error *err);

/* ---- beginning ---------------------------------------------------------- */

/* May a run be called so?  Or what would be right. */
int run_check_name(const char *name, struct belay_error *err);
/* Is it what lies beside the runs of a cluster? */
bool run_name_is_reserved(const char *name);

struct run_spec {		/* what run_create needs; strings borrowed */
	const char *root, *cluster, *name, *submission;
	const char *preset, *policy, *work_dir;
	bool join;		/* --belay-run=NAME: another submission is fine */
};

/*
 * Open the run, made if missing.  A directory of another submission is
 * another run: unless join, `<name>.2`, `.3` ... is taken instead and *renamed
 * set.  *fresh says that the run was made by this call.
 */
struct run *run_create(const struct run_spec *spec, bool *fresh, bool *renamed,
		       struct belay_error *err);

/*
 * Claim the attempt after the newest number that r knows of, once those that
 * were claimed and have not begun are void, by the word of *by.  1: *number is
 * claimed, and older attempts are fenced; 0: another was there first, and all
 * that was looked at in r is to be looked at again; -1: error.  See claim.c.
 */
int run_claim(const struct run *r, const struct begin *by, unsigned *number,
	      struct belay_error *err);
/* Read r anew for another try, after the one with this number (from 0) has found
 * somebody else first, and after a while.  BELAY_EBUSY: it was tried enough. */
int run_claim_again(struct run *r, unsigned tries, struct belay_error *err);

/* Publish begin.json / end.json / decision.json of attempt n; the first says
 * which attempt was the newest that had begun when r was read.  1: by this
 * call; 0: one stood already (run_reload shows it), which for a begin means
 * that the attempt was made void; -1: error.  An end is
 * durable with the decision, which is always the next. */
int run_publish_begin(struct run *r, unsigned n, const struct begin *b,
		      struct belay_error *err);
int run_publish_end(struct run *r, unsigned n, const struct end *e,
		    struct belay_error *err);
int run_publish_decision(struct run *r, unsigned n, const struct decided *d,
			 struct belay_error *err);

/* Make durable what attempt n has published, before anything is built on it:
 * whoever published it may have died before its sync. */
int run_settle(const struct run *r, unsigned n, struct belay_error *err);

/* jobs/<job>/: which run and attempt a job is.  Seen at once, not synced. */
int run_index_job(struct run *r, const char *root, uint32_t job_id,
		  unsigned attempt, struct belay_error *err);
/* The run that a Slurm job id and submission id have founded or joined ("": any)
 * and begun last.  name has RUN_NAME_SIZE bytes.  BELAY_ENOENT if none. */
int run_of_job(const char *root, const char *cluster, uint32_t job_id,
	       const char *submission, char *name, struct belay_error *err);

/* ---- asking ------------------------------------------------------------- */

struct attempt *run_attempt(const struct run *r, unsigned n);	/* or NULL */
struct attempt *run_newest(const struct run *r);	/* that began, or NULL */
unsigned run_newest_number(const struct run *r);	/* claimed, or 0 */

/*
 * The fence: reads attempts/ anew and compares.  0 when n is the newest, else
 * -1 with BELAY_EFENCED naming the newer one.  To be called after every sync
 * and before the acknowledgement.
 */
int run_check_fence(const struct run *r, unsigned n, struct belay_error *err);
/* The same, knowing only the descriptor of attempts/. */
int run_fence_fd(int attemptsfd, unsigned n, struct belay_error *err);

/* The cut that holds for journals of attempt n: that of the first attempt
 * after n that began; NULL: none yet, everything valid counts. */
const struct begin *run_cut_of(const struct run *r, unsigned n);
const struct cut_entry *run_cut_find(const struct begin *b, unsigned attempt,
				     const char *journal);

/* attempts/NNNNNN/journal, made if asked; a descriptor or -1. */
int run_journal_dir(const struct run *r, unsigned n, bool make,
		    struct belay_error *err);
/* attempts/NNNNNN itself. */
int run_attempt_dir(const struct run *r, unsigned n, struct belay_error *err);

/* Was the attempt begun by this job, and not by one that had its id before? */
bool run_begin_is_of(const struct begin *b, uint32_t job_id,
		     const char *submission);
/* Outside Slurm: does the process that began still run on this host?
 * 1 yes, 0 no, -1 cannot be known from here. */
int run_begin_alive(const struct begin *b);
/* The same for a process of this boot and pid namespace. */
bool run_process_lives(int pid, uint64_t start);
/* Fill host, boot_id, pid, pid_start with this process. */
void run_begin_self(struct begin *b);

void begin_free(struct begin *b);	/* also the struct */
void end_free(struct end *e);
void decided_free(struct decided *d);

/* ---- policies ----------------------------------------------------------- */

/* Store the text of a policy under its sha256 (hex in id); read it back. */
int run_policy_store(const char *root, const char *cluster, const char *id,
		     const void *text, size_t len, struct belay_error *err);
int run_policy_read(const char *root, const char *cluster, const char *id,
		    struct buf *text, struct belay_error *err);

#endif /* RUN_RUN_H */
