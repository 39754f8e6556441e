/* SPDX-License-Identifier: Apache-2.0 */
/* fake.h - a host of SPANK plugins that is not Slurm, and an agent to start */
#ifndef UNIT_PLUGIN_FAKE_H
#define UNIT_PLUGIN_FAKE_H

#include <stdbool.h>

#include "plugin/spank.h"
#include "tests/support/test.h"

/* Shared with children: submit ends its process when it refuses. */
extern struct fake_spank {
	spank_context_t context;
	uint32_t step;
	uint32_t array, array_task;
	int status;
	char *env[64];			/* the job's */
	char hint[HINT_SIZE];		/* of spank_job_control_setenv */
	char log[4096];
	struct spank_option option[8];
	unsigned n_options;
	bool full;			/* no variable can be set */
} *fake;

/* The job's environment. */
void set_job(const char *name, const char *value);
const char *job(const char *name);	/* NULL: not set */

int call(spank_f *hook, spank_context_t context);

/* The agent is a shell script with this body, in the test's directory. */
void agent_is(struct tmpdir *dir, const char *body);
/* What the agent wrote to the file "out", one line of it; or NULL. */
const char *agent_wrote(struct tmpdir *dir);

#define assert_logged(words)						\
	do {								\
		if (!strstr(fake->log, words))				\
			fail_msg("'%s' lacks '%s'", fake->log, words);	\
	} while (0)

int fake_setup(void **state);
int fake_teardown(void **state);
#define HOOK_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, fake_setup, fake_teardown)

#endif /* UNIT_PLUGIN_FAKE_H */
