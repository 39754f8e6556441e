/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_ask.c - ask a run that is at work for a checkpoint */

#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/which.h"
#include "fs/fs.h"

#define REQUESTS_MAX 9999

/* The next number that is free; the files only ever get more. */
static int ask(int dirfd, struct belay_error *err)
{
	char name[32];

	for (unsigned i = 1; i <= REQUESTS_MAX; i++) {
		int rc;

		snprintf(name, sizeof(name), "ask-checkpoint.%04u", i);
		rc = fs_publish_copy(dirfd, name, "", 0, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	return err_set(err, BELAY_EBUSY, "it was asked %d times",
		       REQUESTS_MAX);
}

static int ask_run(const struct run *r, struct belay_error *err)
{
	const struct attempt *a = run_newest(r);
	_auto_close_ int fd = -1;

	if (!a || a->end)
		return err_set(err, BELAY_ENOENT, "run '%s' is not at work",
			       r->name);
	fd = run_attempt_dir(r, a->number, err);
	if (fd < 0 || ask(fd, err) < 0)
		return -1;
	printf("asked attempt %u\n", a->number);
	return 0;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_AFTER_RUN] = { NULL };
	_auto_run_ struct run *r = NULL;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at + 1 < argc)
		return verb_usage(v, "one run at a time, not '%s' too",
				  argv[at + 1]);
	r = which_run(given, at < argc ? argv[at] : given[GIVEN_RUN], &err);
	if (!r || ask_run(r, &err) < 0)
		return verb_fail(v, &err);
	return EXIT_DONE;
}

static const struct verb_option options[] = {
	WHICH_RUN,
	{ 0 }
};

const struct verb verb_checkpoint_ask = {
	.name = "checkpoint ask", .synopsis = "[RUN]",
	.line = "ask a run that is at work for a checkpoint now",
	.more = "A program that asks libbelay whether one is due is told so "
		"within a second.",
	.options = options, .run = run,
};
