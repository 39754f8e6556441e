/* SPDX-License-Identifier: Apache-2.0 */
/* test_link.c - one key is let in, and nobody else */

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "cmd/map/link.h"
#include "tests/support/test.h"

static struct belay_error err;

struct both {
	struct link_keys keys;
	struct link *server, *client;
};

static void meet(struct both *b, const struct link_keys *client_keys)
{
	const uint16_t any[2] = { 0, 0 };
	char endpoint[LINK_ENDPOINT];

	b->server = link_listen("127.0.0.1", any, &b->keys, endpoint, &err);
	if (!b->server)
		fail_msg("%s", err.text);
	b->client = link_connect(endpoint, client_keys, &err);
	if (!b->client)
		fail_msg("%s", err.text);
}

static void part(struct both *b)
{
	link_close(b->client);
	link_close(b->server);
}

static void send_text(struct link *l, const struct peer *to, const char *text)
{
	_auto_buf_ struct buf msg = { 0 };

	buf_puts(&msg, text);
	assert_int_equal(link_send(l, to, &msg, &err), 1);
}

/* Wait for a message at either end: false when none comes in time. */
static bool await(struct both *b, struct link *at, struct peer *from,
		  struct buf *msg, int ms)
{
	int64_t end = clock_mono_ns() + ms * 1000000ll;

	while (clock_mono_ns() < end) {
		struct pollfd p[2] = {
			{ .fd = link_fd(b->server), .events = POLLIN },
			{ .fd = link_fd(b->client), .events = POLLIN },
		};

		if (link_receive(at, from, msg, &err) == 1)
			return true;
		if (!link_is_ready(b->server) && !link_is_ready(b->client))
			poll(p, 2, 20);
	}
	return false;
}

static void test_those_with_the_key_talk_to_each_other(void **state)
{
	_auto_buf_ struct buf msg = { 0 };
	struct peer from, nobody = { .len = 0 };
	struct both b;

	(void)state;
	assert_ok(link_make_keys(&b.keys, &err), &err);
	meet(&b, &b.keys);
	send_text(b.client, &nobody, "hello");
	assert_true(await(&b, b.server, &from, &msg, 5000));
	assert_string_equal(buf_text(&msg), "hello");
	send_text(b.server, &from, "welcome");
	assert_true(await(&b, b.client, &nobody, &msg, 5000));
	assert_string_equal(buf_text(&msg), "welcome");
	part(&b);
}

static void test_another_key_is_not_let_in(void **state)
{
	_auto_buf_ struct buf msg = { 0 };
	struct peer from, nobody = { .len = 0 };
	struct link_keys others;
	struct both b;

	(void)state;
	assert_ok(link_make_keys(&b.keys, &err), &err);
	assert_ok(link_make_keys(&others, &err), &err);
	memcpy(others.server, b.keys.server, sizeof(others.server));
	meet(&b, &others);
	send_text(b.client, &nobody, "hello");
	assert_false(await(&b, b.server, &from, &msg, 400));
	part(&b);
}

static void test_another_server_is_not_spoken_to(void **state)
{
	_auto_buf_ struct buf msg = { 0 };
	struct peer from, nobody = { .len = 0 };
	struct link_keys others;
	struct both b;

	(void)state;
	assert_ok(link_make_keys(&b.keys, &err), &err);
	assert_ok(link_make_keys(&others, &err), &err);
	memcpy(others.client, b.keys.client, sizeof(others.client));
	memcpy(others.client_secret, b.keys.client_secret,
	       sizeof(others.client_secret));
	meet(&b, &others);
	send_text(b.client, &nobody, "hello");
	assert_false(await(&b, b.server, &from, &msg, 400));
	part(&b);
}

static void test_ports_come_from_the_range_until_it_is_used_up(void **state)
{
	/* a range that other programs are unlikely to use */
	const uint16_t range[2] = { 27531, 27532 };
	char endpoint[LINK_ENDPOINT];
	struct link_keys keys;
	struct link *l[3];

	(void)state;
	assert_ok(link_make_keys(&keys, &err), &err);
	for (int i = 0; i < 2; i++) {
		l[i] = link_listen("127.0.0.1", range, &keys, endpoint, &err);
		assert_non_null(l[i]);
		assert_non_null(strstr(endpoint, ":2753"));
	}
	l[2] = link_listen("127.0.0.1", range, &keys, endpoint, &err);
	assert_null(l[2]);
	assert_non_null(strstr(err.text, "Address already in use"));
	link_close(l[0]);
	link_close(l[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_those_with_the_key_talk_to_each_other),
		cmocka_unit_test(test_another_key_is_not_let_in),
		cmocka_unit_test(test_another_server_is_not_spoken_to),
		cmocka_unit_test(
			test_ports_come_from_the_range_until_it_is_used_up),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
