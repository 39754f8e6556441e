/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packer.c - one rank's part of a packed checkpoint, in an attempt of a job
 *
 *	packer RANK RANKS STEP LABEL
 *
 * Prints the id if the checkpoint is there then.  Most of what it puts is the
 * same at each step, so that later ones refer to earlier ones.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/packed.h"

#define STEADY 8192

static int put(struct packed_writer *w, const char *name, void *data,
	       uint64_t bytes, struct belay_error *err)
{
	struct belay_array a = { .name = name, .type = BELAY_U8, .dims = 1,
				 .shape = &bytes, .data = data };

	return packed_put(w, &a, err);
}

static int write_part(struct run *r, const struct packed_options *opt,
		      struct packed_done *done, struct belay_error *err)
{
	unsigned n = (unsigned)atoi(getenv("BELAY_ATTEMPT"));
	struct packed_writer *w = packed_begin(r, n, opt, err);
	char steady[STEADY], label[CHECKPOINT_LABEL];

	if (!w)
		return -1;
	memset(steady, 's', sizeof(steady));
	snprintf(label, sizeof(label), "%s", opt->label);
	if (put(w, "steady", steady, sizeof(steady), err) < 0 ||
	    put(w, "label", label, strlen(label), err) < 0) {
		packed_abandon(w);
		return -1;
	}
	return packed_commit(w, done, err);
}

int main(int argc, char **argv)
{
	struct packed_options opt = { .threads = 1,
				      .settings = settings_default };
	struct packed_done done;
	struct belay_error err;
	struct run *r;
	int rc;

	if (argc != 5 || !getenv("BELAY_ATTEMPT") || !getenv("BELAY_RUN_DIR"))
		return 2;
	opt.rank = (unsigned)atoi(argv[1]);
	opt.ranks = (unsigned)atoi(argv[2]);
	opt.step = (uint64_t)atoll(argv[3]);
	opt.label = argv[4];
	r = run_open_dir(getenv("BELAY_RUN_DIR"), &err);
	rc = r ? write_part(r, &opt, &done, &err) : -1;
	run_close(r);
	if (rc < 0)
		fprintf(stderr, "belay packer: %s\n", err.text);
	if (rc == 1)
		printf("%llu\n", (unsigned long long)done.id);
	if (rc >= 0 && fflush(stdout)) {
		fputs("belay packer: cannot write the output\n", stderr);
		return 1;
	}
	return rc < 0;
}
