/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - what every unit test needs */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* cmocka 2 warns of names for which cmocka 1 has no others. */
#define CMOCKA_DISABLE_DEPRECATION_WARNINGS
#include <cmocka.h>

#include "belay/belay.h"

/* A directory of the test's own, removed with all that is in it. */
struct tmpdir {
	char path[64];
	int fd;
	struct belay_error err;
};

int tmpdir_setup(void **state);
int tmpdir_teardown(void **state);
/* Fails unless the directory holds just these names (NULL at the end), those
 * with a leading dot included: a leftover temporary file is a bug. */
void assert_holds(int dirfd, const char *const *names);

/* A test that gets a struct tmpdir as *state. */
#define TEST_IN_TMPDIR(fn) \
	cmocka_unit_test_setup_teardown(fn, tmpdir_setup, tmpdir_teardown)

/* Success, or the reason that the code gave. */
#define assert_ok(call, err)						\
	do {								\
		(err)->text[0] = '\0';					\
		if ((call) < 0)						\
			fail_msg("%s: %s", #call, (err)->text);		\
	} while (0)

/* Failure with this code, and a message that contains these words. */
#define assert_fails(call, err, want, words)				\
	do {								\
		(err)->text[0] = '\0';					\
		assert_int_equal(call, -1);				\
		if (!strstr((err)->text, words))			\
			fail_msg("'%s' lacks '%s'", (err)->text, words); \
		assert_int_equal((err)->code, want);			\
	} while (0)

#endif /* SUPPORT_TEST_H */
