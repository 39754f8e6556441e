/* SPDX-License-Identifier: Apache-2.0 */
/* test_root.c - where records are kept if nobody says it */

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>

#include "run/run.h"
#include "tests/support/test.h"

static int failures[3], asked;	/* of the name service, one after the other */

struct passwd *__wrap_getpwuid(uid_t uid);
struct passwd *__wrap_getpwuid(uid_t uid)
{
	static char dir[] = "/home/alice";
	static struct passwd pw = { .pw_dir = dir };

	(void)uid;
	errno = failures[asked++];
	return errno ? NULL : &pw;
}

static void prepare(int first, int second)
{
	failures[0] = first;
	failures[1] = second;
	asked = 0;
	unsetenv("BELAY_ROOT");
}

static void test_it_is_in_the_home_directory(void **state)
{
	struct belay_error err;
	char *root;

	(void)state;
	prepare(EINTR, 0);	/* which is nobody's business */
	root = run_root(NULL, &err);
	assert_string_equal(root, "/home/alice/.belay");
	free(root);
}

static void test_one_without_a_home_has_to_say(void **state)
{
	struct belay_error err;

	(void)state;
	prepare(ENOENT, 0);
	assert_null(run_root(NULL, &err));
	assert_int_equal(err.code, BELAY_ENOENT);
	assert_string_equal(err.text, "no home directory is known; say "
			    "--belay-root=DIR or set BELAY_ROOT");
}

/* An epilog leaves where there is nothing, and must not leave here. */
static void test_a_name_service_that_fails_is_not_a_missing_home(void **state)
{
	struct belay_error err;

	(void)state;
	prepare(EIO, 0);
	assert_null(run_root(NULL, &err));
	assert_int_equal(err.code, BELAY_EFAILED);
	assert_string_equal(err.text, "cannot look up the home directory: "
			    "Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_in_the_home_directory),
		cmocka_unit_test(test_one_without_a_home_has_to_say),
		cmocka_unit_test(
			test_a_name_service_that_fails_is_not_a_missing_home),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
