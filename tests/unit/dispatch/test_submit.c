/* SPDX-License-Identifier: Apache-2.0 */
/* test_submit.c - what was asked for is refused before the job is queued */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "dispatch/dispatch.h"
#include "tests/support/test.h"

static struct hint h;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Relative paths are the user's directory's; runs are kept beside it. */
static int in_tmpdir(void **state)
{
	struct tmpdir *d;

	if (tmpdir_setup(state) < 0)
		return -1;
	d = *state;
	setenv("BELAY_ROOT", d->path, 1);
	return chdir(d->path);
}

static int leave(void **state)
{
	return chdir("/") < 0 ? -1 : tmpdir_teardown(state);
}

static void test_a_preset_is_known_by_both_of_its_names(void **state)
{
	struct tmpdir *d = *state;
	static const char *const none[] = { NULL };
	char first[RUN_ID_HEX];

	assert_ok(dispatch_submit("retry", NULL, NULL, "c", &h, &d->err),
		  &d->err);
	assert_string_equal(h.preset, "standard");
	assert_string_equal(h.policy, "");
	assert_string_equal(h.root, "");
	assert_holds(d->fd, none);
	memcpy(first, h.submission, sizeof(first));
	assert_ok(dispatch_submit("retry", NULL, NULL, "c", &h, &d->err),
		  &d->err);
	assert_string_not_equal(first, h.submission);
}

static void test_a_policy_file_is_stored_whole(void **state)
{
	static const char text[] = "version: 1\npreset: restore\n";
	struct tmpdir *d = *state;
	struct buf stored = { 0 };

	write_file("p.yaml", text);
	assert_ok(dispatch_submit("p.yaml", NULL, NULL, "c", &h, &d->err),
		  &d->err);
	assert_string_equal(h.preset, "checkpoint-recovery");
	assert_ok(run_policy_read(d->path, "c", h.policy, &stored, &d->err),
		  &d->err);
	assert_string_equal(stored.data, text);
	buf_free(&stored);
}

static void test_mistakes_are_refused(void **state)
{
	static const struct {
		const char *policy, *root, *run;
		enum belay_code code;
		const char *message;
	} cases[] = {
		{ "standrad", NULL, NULL, BELAY_ECONFIG, "standard" },
		{ "bad.yaml", NULL, NULL, BELAY_ECONFIG, "bad.yaml:2:1: " },
		{ "no.yaml", NULL, NULL, BELAY_ENOENT,
		  "cannot open policy 'no.yaml': No such file" },
		{ "/etc", NULL, NULL, BELAY_ECONFIG,
		  "and this is a directory: '/etc'" },
		{ "standard", "here", NULL, BELAY_EINVAL,
		  "the root must be an absolute path: 'here'" },
		{ "standard", "/tmp", NULL, BELAY_EINVAL,
		  "the root is local to this node: '/tmp'" },
		{ "standard", NULL, "a/b", BELAY_EINVAL, "not a name" },
		{ "standard", NULL, "%q", BELAY_EINVAL, "stands for nothing" },
	};
	struct tmpdir *d = *state;

	write_file("bad.yaml", "version: 1\nattemps: 3\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(dispatch_submit(cases[i].policy, cases[i].root,
					     cases[i].run, "c", &h, &d->err),
			     &d->err, cases[i].code, cases[i].message);
}

/* Not the words of whoever submits, so no reason to refuse. */
static void test_a_policy_that_cannot_be_stored_is_a_failure(void **state)
{
	struct tmpdir *d = *state;
	char path[200];

	write_file("p.yaml", "version: 1\n");
	write_file("file", "");
	snprintf(path, sizeof(path), "%s/file", d->path);
	setenv("BELAY_ROOT", path, 1);
	assert_fails(dispatch_submit("p.yaml", NULL, NULL, "c", &h, &d->err),
		     &d->err, BELAY_EFAILED, "the policy cannot be stored: ");
	assert_ok(dispatch_submit("standard", NULL, NULL, "c", &h, &d->err),
		  &d->err);
}

static void test_a_policy_without_end_is_not_read(void **state)
{
	struct tmpdir *d = *state;

	assert_fails(dispatch_submit("/dev/zero", NULL, NULL, "c", &h, &d->err),
		     &d->err, BELAY_ECONFIG, "at most 64 KiB");
}

#define IN_TMPDIR(fn) cmocka_unit_test_setup_teardown(fn, in_tmpdir, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMPDIR(test_a_preset_is_known_by_both_of_its_names),
		IN_TMPDIR(test_a_policy_file_is_stored_whole),
		IN_TMPDIR(test_mistakes_are_refused),
		IN_TMPDIR(test_a_policy_that_cannot_be_stored_is_a_failure),
		IN_TMPDIR(test_a_policy_without_end_is_not_read),
	};

	return cmocka_run_group_tests_name("submit", tests, NULL, NULL);
}
