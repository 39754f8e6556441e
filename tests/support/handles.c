/* SPDX-License-Identifier: Apache-2.0 */
/* handles.c - handles of the C API in a run of testrun.h */

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/handles.h"

void handles_enter(const struct run *r, unsigned n)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", n);
	setenv("BELAY_RUN_DIR", r->dir, 1);
	setenv("BELAY_ATTEMPT", number, 1);
	unsetenv("BELAY_UNPROTECTED");
	unsetenv("BELAY_FENCED");
	unsetenv("BELAY_ATTEMPTS_LEFT");
	setenv("SLURMD_NODENAME", "n1", 1);
}

struct belay *handles_open(const struct run *r, unsigned n, unsigned batch,
			   struct tmpdir *d)
{
	struct belay_options options = BELAY_OPTIONS_INIT;
	struct belay *b;

	options.batch = batch;
	handles_enter(r, n);
	b = belay_open(&options, &d->err);
	if (!b)
		fail_msg("%s", d->err.text);
	return b;
}
