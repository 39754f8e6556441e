/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - what an owner wants done about each cause: an opinion, in YAML */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cause/cause.h"

enum action {
	ACTION_NONE, ACTION_RETRY, ACTION_FAILOVER, ACTION_RESTORE, ACTION_HOLD,
	ACTION_FAIL, ACTION_COUNT
};
const char *action_word(enum action a);
int action_of_word(const char *word);		/* or -1 */
extern const char *const policy_actions[];	/* all, NULL at the end */

#define POLICY_MAX_BYTES 65536
#define POLICY_MAX_RULES 64
#define POLICY_MAX_CODES 32

/* checkpoint.interval: one of three. */
struct policy_interval {
	bool automatic;
	double s;			/* 0: not by time */
	int chunks;			/* 0: not by chunks */
};

enum policy_on_full { FULL_PRUNE, FULL_PAUSE, FULL_CONTINUE };
extern const char *const policy_on_full_words[];
#define POLICY_COMPRESS_AUTO -1		/* 0: none, else zstd's level */
#define POLICY_COMPRESS_MAX 19

struct rule {
	char name[96];
	uint32_t on;			/* bit per enum cause */
	struct { uint8_t from, to; } codes[POLICY_MAX_CODES];
	unsigned n_codes;		/* 0: any */
	enum action action;
	int max;			/* -1: unbounded */
	bool counts;
	bool slurm_delay;		/* leave Slurm's own delay alone */
	bool builtin;			/* the preset's, not the file's */
};

struct policy {
	char preset[32];		/* its long name */
	int attempts_max;
	struct policy_rate {
		unsigned n;
		double within_s;
	} burst;			/* 6/1h */
	int without_progress;
	double backoff_initial_s, backoff_factor, backoff_max_s;
	enum action give_up;		/* ACTION_HOLD or ACTION_FAIL */
	int chunk_attempts;		/* chunks.max_attempts */
	double chunk_timeout_s;		/* 0: none */
	struct policy_checkpoint {
		struct policy_interval interval;
		int keep;
		double keep_every_s;	/* 0: no milestones */
		int compress;
		bool verify;
		int on_full;		/* enum policy_on_full */
	} checkpoint;
	double exclude_for_s;
	/* The file's, then the preset's. */
	struct rule rules[POLICY_MAX_RULES + 16];
	unsigned n_rules;
};

/* A preset by its long or short name; -1 BELAY_ECONFIG, naming the nearest. */
int policy_preset(const char *name, struct policy *p, struct belay_error *err);
bool policy_is_preset(const char *word);
extern const char *const policy_presets[];	/* long names, then NULL */

/*
 * Parse the text of a policy file.  Every complaint is "file:line:column: what
 * is wrong; what would be right" (BELAY_ECONFIG).  Keys of a later version are
 * "not supported by this version".
 */
int policy_parse(const char *file, const void *text, size_t len,
		 struct policy *p, struct belay_error *err);

/* sha256 of the text, 64 hex digits and a NUL. */
void policy_digest(const void *text, size_t len, char hex[65]);

/* The YAML that means the same as p. */
struct buf;
void policy_format(const struct policy *p, struct buf *out);

#endif /* POLICY_POLICY_H */
