/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what a run's policy says to those who record
 *
 * The recording half cannot read YAML, so whoever begins an attempt writes this
 * into its begin.json.  A run that nobody began with a policy has the defaults.
 */
#ifndef RUN_SETTINGS_H
#define RUN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

enum on_full { ON_FULL_PRUNE, ON_FULL_PAUSE, ON_FULL_CONTINUE };

#define COMPRESS_AUTO (-1)

struct settings {
	/* A checkpoint is due: both 0, by cost and failure rate. */
	double interval_s;
	uint64_t interval_chunks;
	double mtbf_s;			/* time between failures of this run;
					 * 0: not known */
	unsigned keep;			/* checkpoints; 0: settings not said */
	double keep_every_s;		/* and a milestone so often; 0: none */
	int compress;			/* COMPRESS_AUTO, 0: no, or a level */
	bool verify;			/* read back from storage */
	enum on_full on_full;
	unsigned chunk_attempts;
	double chunk_timeout_s;		/* 0: none */
};

extern const struct settings settings_default;

/* As the member "settings" of an open object; nothing when not said. */
void settings_put(const struct settings *s, struct json_out *o);
/* From that member, j; what it lacks, or what makes no sense, is the default. */
void settings_get(const struct json *j, struct settings *s);

#endif /* RUN_SETTINGS_H */
