/* SPDX-License-Identifier: Apache-2.0 */
/* test_stored.c - a policy is what its owner wrote, or is said to be damaged */

#include <stdio.h>
#include <stdlib.h>

#include "dispatch/stored.h"
#include "tests/support/damage.h"
#include "tests/support/testrun.h"

static const char text[] = "version: 1\npreset: restore\n"
			   "attempts: {max: 7}\ncheckpoint: {keep: 3}\n";
static const char other[] = "version: 1\npreset: none\n";

struct reader {
	char path[256];
	struct run *run;
	struct belay_error err;
};

static void check(const char *damage, const struct bytes *bad, void *arg)
{
	static struct policy p;
	struct reader *r = arg;

	(void)damage;
	damage_write(r->path, bad);
	assert_fails(stored_policy_of(r->run, &p, &r->err), &r->err,
		     BELAY_ECORRUPT, r->path);
}

static void test_a_damaged_policy_is_said_and_not_followed(void **state)
{
	static struct policy p;
	struct tmpdir *d = *state;
	struct reader r = { .run = testrun_open(d) };
	struct bytes good, another = { (uint8_t *)(uintptr_t)other,
				       sizeof(other) - 1 };

	policy_digest(text, strlen(text), r.run->policy);
	assert_ok(run_policy_store(d->path, "mc", r.run->policy, text,
				   strlen(text), &d->err), &d->err);
	assert_ok(stored_policy_of(r.run, &p, &d->err), &d->err);
	assert_int_equal(p.checkpoint.keep, 3);
	snprintf(r.path, sizeof(r.path), "%s/mc/policies/%s.yaml", d->path,
		 r.run->policy);
	good = damage_read(r.path);
	assert_true(damage_each(&good, &another, 1, check, &r) > 500);
	free(good.data);
	run_close(r.run);
}

static void test_a_run_without_a_policy_has_a_preset(void **state)
{
	static struct policy p;
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);

	assert_ok(stored_policy_of(r, &p, &d->err), &d->err);
	r->preset[0] = '\0';
	assert_ok(stored_policy_of(r, &p, &d->err), &d->err);
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_damaged_policy_is_said_and_not_followed),
		TEST_IN_TMPDIR(test_a_run_without_a_policy_has_a_preset),
	};

	return cmocka_run_group_tests_name("stored", tests, NULL, NULL);
}
