/* SPDX-License-Identifier: Apache-2.0 */
/* test_story.c - what happened, from journals, in order and in few lines */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/belay/story.h"
#include "journal/event.h"
#include "tests/support/testrun.h"

/* Three chunks of which one fails, two beats at the end. */
static void record(struct journal_writer *w, const char *set,
		   struct belay_error *err)
{
	struct event e = { .type = EVENT_SET, .set = 1, .count = 3 };

	snprintf(e.name, sizeof(e.name), "%s", set);
	assert_true(event_add(w, &e, err));
	for (e.chunk = 0; e.chunk < 3; e.chunk++) {
		e.type = EVENT_CHUNK_BEGIN;
		e.try = 1;
		assert_true(event_add(w, &e, err));
	}
	for (e.chunk = 0; e.chunk < 3; e.chunk++) {
		e.type = e.chunk == 1 ? EVENT_CHUNK_FAIL : EVENT_CHUNK_DONE;
		e.kind = FAIL_EXIT;
		e.value = 7;
		assert_true(event_add(w, &e, err));
	}
	e.type = EVENT_BEAT;
	assert_true(event_add(w, &e, err));
	assert_true(event_add(w, &e, err));
}

/* Lines of "attempt word text"; words only where there are too many. */
static void assert_story(const struct story *s, const char *const *lines)
{
	char line[600];
	size_t i;

	for (i = 0; i < s->n && lines[i]; i++) {
		snprintf(line, sizeof(line), "%u %s%s %s", s->h[i].attempt,
			 s->h[i].late ? "late " : "", s->h[i].word,
			 s->h[i].text);
		if (strncmp(line, lines[i], strlen(lines[i])))
			fail_msg("'%s' is not '%s'", line, lines[i]);
	}
	if (i < s->n || lines[i])
		fail_msg("%zu lines, and the next is '%s'", s->n,
			 lines[i] ? lines[i] : s->h[i].word);
}

static void test_chunks_and_beats_are_counted(void **state)
{
	static const char *const told[] = {
		"1 begin", "1 set set 'main' of 3 chunks",
		"1 chunks 3 begun, 1 done", "1 chunk_fail chunk 1 failed: exit status 7",
		"1 chunks 0 begun, 1 done", "1 beats 2", NULL
	};
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct story_options opt = { 0 };
	struct journal_writer *w;
	_auto_story_ struct story s = { 0 };

	testrun_begin(r, d);
	w = journal_open(r, 1, "map", JOURNAL_SMALL, &d->err);
	record(w, "main", &d->err);
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_ok(story_load(r, &opt, &s, &d->err), &d->err);
	assert_story(&s, told);
	journal_close(w);
	run_close(r);
}

static void test_all_tells_each_with_its_set(void **state)
{
	static const char *const told[] = {
		"1 begin", "1 set set 'prep' of 3 chunks",
		"1 chunk_begin prep: chunk 0 begun",
		"1 chunk_begin prep: chunk 1 begun",
		"1 chunk_begin prep: chunk 2 begun",
		"1 chunk_done prep: chunk 0 done",
		"1 chunk_fail prep: chunk 1 failed",
		"1 chunk_done prep: chunk 2 done", "1 beat beat", "1 beat beat",
		NULL
	};
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct story_options opt = { .all = true };
	struct journal_writer *w;
	_auto_story_ struct story s = { 0 };

	testrun_begin(r, d);
	w = journal_open(r, 1, "map", JOURNAL_SMALL, &d->err);
	record(w, "prep", &d->err);
	assert_ok(journal_commit(w, &d->err), &d->err);
	assert_ok(story_load(r, &opt, &s, &d->err), &d->err);
	assert_story(&s, told);
	assert_true(s.h[1].sequence == 1 && *s.h[1].writer);
	journal_close(w);
	run_close(r);
}

/* What attempt 1 still writes after attempt 2 has taken the cut. */
static void test_late_records_are_one_line_until_asked_for(void **state)
{
	static const char *const told[] = {
		"1 begin", "1 end node_fail, suspected: n1",
		"1 late late 9 records after the next attempt began",
		"2 begin", NULL
	};
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct story_options opt = { 0 };
	struct journal_writer *w;
	struct story s = { 0 };

	testrun_begin(r, d);
	w = journal_open(r, 1, "map", JOURNAL_SMALL, &d->err);
	testrun_end(r, 1, "node_fail", "n1", d);
	testrun_begin(r, d);
	record(w, "main", &d->err);
	assert_fails(journal_commit(w, &d->err), &d->err, BELAY_EFENCED,
		     "attempt 2");
	journal_close(w);
	assert_ok(run_reload(r, &d->err), &d->err);
	assert_ok(story_load(r, &opt, &s, &d->err), &d->err);
	assert_story(&s, told);
	story_free(&s);
	opt.late = true;
	assert_ok(story_load(r, &opt, &s, &d->err), &d->err);
	assert_int_equal(s.n, 3 + 9);
	assert_true(s.h[3].late);
	assert_string_equal(s.h[3].text, "chunk 0 begun, try 1");
	story_free(&s);
	run_close(r);
}

static void test_damage_is_told_behind_its_attempt(void **state)
{
	struct tmpdir *d = *state;
	struct run *r = testrun_open(d);
	struct story_options opt = { 0 };
	struct journal_writer *w;
	_auto_story_ struct story s = { 0 };
	char path[512];
	int fd;

	testrun_begin(r, d);
	w = journal_open(r, 1, "map", JOURNAL_SMALL, &d->err);
	record(w, "main", &d->err);
	assert_ok(journal_commit(w, &d->err), &d->err);
	record(w, "main", &d->err);
	assert_ok(journal_commit(w, &d->err), &d->err);
	journal_close(w);
	testrun_journal(r, 1, ".0001.log", path);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 4096 + 100), 1);
	close(fd);
	assert_ok(story_load(r, &opt, &s, &d->err), &d->err);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.h[1].word, "damage");
	assert_non_null(strstr(s.h[1].text, "is corrupt after 4096 bytes"));
	run_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_chunks_and_beats_are_counted),
		TEST_IN_TMPDIR(test_all_tells_each_with_its_set),
		TEST_IN_TMPDIR(test_late_records_are_one_line_until_asked_for),
		TEST_IN_TMPDIR(test_damage_is_told_behind_its_attempt),
	};

	return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
