/* SPDX-License-Identifier: Apache-2.0 */
/* test_rendezvous.c - a worker gets the right keys, or is told why not */

#include <stdlib.h>

#include "cmd/map/rendezvous.h"
#include "tests/support/damage.h"
#include "tests/support/test.h"

#define KEY(c) c "123456789012345678901234567890123456789"
#define ENDPOINT "tcp://10.0.0.1:40000"

static const struct link_keys keys = {
	.server = KEY("s"), .client = KEY("c"), .client_secret = KEY("x"),
};

struct reader {
	const char *path;
	struct belay_error err;
};

static void check(const char *damage, const struct bytes *bad, void *arg)
{
	char endpoint[LINK_ENDPOINT];
	struct reader *r = arg;
	struct link_keys got;

	(void)damage;
	damage_write(r->path, bad);
	assert_fails(rendezvous_read(r->path, endpoint, &got, &r->err),
		     &r->err, BELAY_ECORRUPT, r->path);
}

static void test_damaged_keys_are_said_and_not_used(void **state)
{
	struct tmpdir *d = *state;
	struct rendezvous first = { .dirfd = -1 };
	struct reader reader = { .path = first.path };
	struct bytes good, none = { (uint8_t[]){ 0 }, 0 };
	char endpoint[LINK_ENDPOINT];
	struct link_keys got;

	assert_ok(rendezvous_publish(&first, d->path, ENDPOINT, &keys,
				     &d->err), &d->err);
	assert_ok(rendezvous_read(first.path, endpoint, &got, &d->err),
		  &d->err);
	assert_string_equal(endpoint, ENDPOINT);
	assert_string_equal(got.client_secret, keys.client_secret);
	good = damage_read(first.path);
	assert_true(damage_each(&good, &none, 1, check, &reader) > 1000);
	free(good.data);
	rendezvous_end(&first);
	assert_holds(d->fd, (const char *const[]){ NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_damaged_keys_are_said_and_not_used),
	};

	return cmocka_run_group_tests_name("rendezvous", tests, NULL, NULL);
}
