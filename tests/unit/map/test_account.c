/* SPDX-License-Identifier: Apache-2.0 */
/* test_account.c - what happens to a chunk decides whether it gets a chance */

#include <poll.h>
#include <stdio.h>

#include "cmd/map/coordinator_state.h"
#include "tests/support/test.h"

#define CHUNKS 4

static struct belay_error err;
static char said[1024];		/* the last line for people */

void coordinator_say(struct coordinator *c, const char *fmt, ...)
{
	va_list ap;

	(void)c;
	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
}

struct fixture {
	struct coordinator c;
	struct coordinator_spec spec;
	struct session session;
};

/* Let all that was reported be recorded; nothing is kept, so at once. */
static void settle(struct fixture *f)
{
	int wait_ms;

	while (!ledger_is_empty(&f->c.ledger))
		assert_ok(ledger_turn(&f->c.ledger, true, &wait_ms, &err),
			  &err);
}

static void begin(struct fixture *f, int max_tries)
{
	struct coordinator *c = &f->c;

	memset(f, 0, sizeof(*f));
	f->session.state = chunk_state_new();
	f->spec.session = &f->session;
	f->spec.max_tries = max_tries;
	f->spec.set = chunk_set_define(f->session.state, "main", CHUNKS, NULL,
				       NULL, &err);
	assert_non_null(f->spec.set);
	c->spec = &f->spec;
	c->err = &err;
	assert_ok(queue_init(&c->queue, CHUNKS, &err), &err);
	assert_ok(ledger_open(&c->ledger, NULL, f->session.state, 1, &err),
		  &err);
	c->ledger.recorded = account_recorded;
	c->ledger.arg = c;
	assert_ok(account_begin(c), &err);
	settle(f);
}

static void end(struct fixture *f)
{
	ledger_close(&f->c.ledger);
	queue_fini(&f->c.queue);
	members_free(&f->c.members);
	chunk_state_free(f->session.state);
}

/* Hand the next chunk to a member, as the coordinator does; it begins. */
static uint64_t hand_out(struct fixture *f, unsigned member)
{
	uint64_t chunk;

	assert_true(queue_next(&f->c.queue, &chunk));
	assert_ok(member_take(&f->c.members.m[member], chunk, 1, &err), &err);
	account_begun(&f->c, member, chunk, 1);
	return chunk;
}

static void end_badly(struct fixture *f, unsigned member, uint64_t chunk)
{
	struct result r = {
		.chunk = chunk, .try = 1, .kind = FAIL_EXIT, .value = 3,
	};

	account_ended(&f->c, member, &r);
	settle(f);
}

static void end_well(struct fixture *f, unsigned member, uint64_t chunk)
{
	struct result r = { .chunk = chunk, .try = 1 };

	account_ended(&f->c, member, &r);
	settle(f);
}

static enum chunk_status status(const struct fixture *f, uint64_t chunk)
{
	return f->spec.set->status[chunk];
}

static void test_a_failed_chunk_comes_after_all_others(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 3);
	account_joined(&f.c, 0, "n1", 1);
	end_badly(&f, 0, hand_out(&f, 0));
	assert_int_equal(status(&f, 0), CHUNK_RETRYING);
	for (uint64_t i = 1; i < CHUNKS; i++) {
		assert_int_equal(hand_out(&f, 0), i);
		end_well(&f, 0, i);
	}
	assert_int_equal(hand_out(&f, 0), 0);
	end(&f);
}

static void test_after_max_tries_it_is_quarantined_with_the_reason(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 2);
	account_joined(&f.c, 0, "n1", 1);
	end_badly(&f, 0, hand_out(&f, 0));
	for (uint64_t i = 1; i < CHUNKS; i++)
		end_well(&f, 0, hand_out(&f, 0));
	end_badly(&f, 0, hand_out(&f, 0));
	assert_int_equal(status(&f, 0), CHUNK_QUARANTINED);
	assert_string_equal(said, "chunk 0 is quarantined: exit status 3");
	assert_int_equal(queue_length(&f.c.queue), 0);
	end(&f);
}

/* Let the next chunk be lost with a node of this name. */
static void lose_with(struct fixture *f, const char *node)
{
	unsigned member = f->c.members.n;

	account_joined(&f->c, member, node, 1);
	hand_out(f, member);
	account_lost(&f->c, member, "silent for 12 s");
	settle(f);
}

static void take_all_but_the_first(struct fixture *f)
{
	account_joined(&f->c, 0, "other", CHUNKS);
	for (int i = 0; i < CHUNKS; i++)
		if (hand_out(f, 0))
			end_well(f, 0, (uint64_t)i);
	account_lost(&f->c, 0, "silent for 12 s");
	settle(f);
}

static void test_a_chunk_that_kills_its_nodes_is_quarantined(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 3);
	take_all_but_the_first(&f);		/* lost on "other" */
	lose_with(&f, "n1");
	assert_int_equal(status(&f, 0), CHUNK_PENDING);
	lose_with(&f, "n2");
	assert_int_equal(status(&f, 0), CHUNK_QUARANTINED);
	assert_string_equal(said, "chunk 0 is quarantined: 3 nodes were lost "
			    "while they ran it");
	end(&f);
}

static void test_one_node_that_is_lost_often_is_the_nodes_fault(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 3);
	take_all_but_the_first(&f);
	for (int i = 0; i < 5; i++)
		lose_with(&f, "other");
	assert_int_equal(status(&f, 0), CHUNK_PENDING);
	assert_int_equal(queue_length(&f.c.queue), 1);
	end(&f);
}

static void test_what_had_not_begun_is_not_lost(void **state)
{
	struct fixture f;
	uint64_t chunk;

	(void)state;
	begin(&f, 3);
	account_joined(&f.c, 0, "n1", 1);
	assert_true(queue_next(&f.c.queue, &chunk));
	assert_ok(member_take(&f.c.members.m[0], chunk, 1, &err), &err);
	account_lost(&f.c, 0, "silent for 12 s");
	settle(&f);
	assert_null(chunk_trouble_of(f.spec.set, chunk));
	assert_true(queue_next(&f.c.queue, &chunk));
	assert_int_equal(chunk, 0);		/* next again, not last */
	end(&f);
}

static void test_a_report_that_comes_too_late_changes_nothing(void **state)
{
	struct fixture f;
	uint64_t chunk;

	(void)state;
	begin(&f, 3);
	account_joined(&f.c, 0, "n1", 1);
	chunk = hand_out(&f, 0);
	account_lost(&f.c, 0, "silent for 12 s");
	settle(&f);
	end_well(&f, 0, chunk);
	assert_int_equal(status(&f, chunk), CHUNK_PENDING);
	end(&f);
}

static void test_the_last_words_on_stderr_are_the_reason(void **state)
{
	static const struct { const char *words, *reason; } cases[] = {
		{ "", "" },
		{ "one\ntwo\n", "two" },
		{ "no newline", "no newline" },
		{ "x\n\n \n", "x" },
		{ "bell\a\n", "bell?" },
	};
	char reason[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = { .kind = FAIL_EXIT, .value = 3 };

		capture_add(&r.err, cases[i].words, strlen(cases[i].words));
		account_reason(&r, reason);
		assert_string_equal(reason, cases[i].reason);
		capture_free(&r.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_failed_chunk_comes_after_all_others),
		cmocka_unit_test(
			test_after_max_tries_it_is_quarantined_with_the_reason),
		cmocka_unit_test(
			test_a_chunk_that_kills_its_nodes_is_quarantined),
		cmocka_unit_test(
			test_one_node_that_is_lost_often_is_the_nodes_fault),
		cmocka_unit_test(test_what_had_not_begun_is_not_lost),
		cmocka_unit_test(
			test_a_report_that_comes_too_late_changes_nothing),
		cmocka_unit_test(test_the_last_words_on_stderr_are_the_reason),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
