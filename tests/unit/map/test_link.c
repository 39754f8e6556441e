/* SPDX-License-Identifier: Apache-2.0 */
/* test_link.c - one key is let in, and nobody else */

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/map/link.h"
#include "tests/support/test.h"

static struct belay_error err;

struct both {
	struct link_keys keys;
	struct link *server, *client;
	char endpoint[LINK_ENDPOINT];
};

static void meet(struct both *b, const struct link_keys *client_keys)
{
	const uint16_t any[2] = { 0, 0 };

	b->server = link_listen("127.0.0.1", any, &b->keys, b->endpoint, &err);
	if (!b->server)
		fail_msg("%s", err.text);
	b->client = link_connect(b->endpoint, client_keys, &err);
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

/* ---- knocking at the door ---- */

/* A connection by hand, as far as the endpoint's port. */
static int knock(const char *endpoint)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct timeval patience = { .tv_usec = 300000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What a stranger may send before he has shown a key: a greeting as ZMTP 3
 * wants it, and a command that says it has 1 GiB. */
static void greet(int fd)
{
	uint8_t greeting[64] = { 0xff, [9] = 0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E' };
	uint8_t command[9] = { 0x06, [5] = 0x40 };

	assert_int_equal(write(fd, greeting, sizeof(greeting)), 64);
	assert_int_equal(write(fd, command, sizeof(command)), 9);
}

/* How many MiB it takes; the coordinator's loop goes on meanwhile. */
static int pour(int fd, int most)
{
	static const char zeros[1 << 20];
	int n = 0;

	while (n < most && send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0)
		n++;
	return n;
}

static void test_a_stranger_cannot_fill_our_memory(void **state)
{
	_auto_buf_ struct buf msg = { 0 };
	struct peer from, nobody = { .len = 0 };
	struct both b;
	int fd;

	(void)state;
	assert_ok(link_make_keys(&b.keys, &err), &err);
	meet(&b, &b.keys);
	fd = knock(b.endpoint);
	assert_true(fd >= 0);
	greet(fd);
	/* the sockets' own buffers hold some */
	assert_in_range(pour(fd, 64), 0, 32);
	close(fd);
	send_text(b.client, &nobody, "hello");
	assert_true(await(&b, b.server, &from, &msg, 5000));
	part(&b);
}

static void test_once_shut_the_door_is_no_more(void **state)
{
	_auto_buf_ struct buf msg = { 0 };
	struct peer from, nobody = { .len = 0 };
	struct both b;

	(void)state;
	assert_ok(link_make_keys(&b.keys, &err), &err);
	meet(&b, &b.keys);
	send_text(b.client, &nobody, "hello");
	assert_true(await(&b, b.server, &from, &msg, 5000));
	link_shut(b.server);
	assert_int_equal(knock(b.endpoint), -1);
	send_text(b.client, &nobody, "again");
	assert_true(await(&b, b.server, &from, &msg, 5000));
	assert_string_equal(buf_text(&msg), "again");
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
		cmocka_unit_test(test_a_stranger_cannot_fill_our_memory),
		cmocka_unit_test(test_once_shut_the_door_is_no_more),
		cmocka_unit_test(
			test_ports_come_from_the_range_until_it_is_used_up),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
